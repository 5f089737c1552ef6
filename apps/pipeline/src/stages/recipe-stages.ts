/** The stages of a recipe, in order; a stage is added here and nowhere else. */
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';

export function recipeStages(_recipe: Recipe): readonly Stage<Recipe>[] {
  return [];
}
