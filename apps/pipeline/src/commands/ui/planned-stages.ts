/** What a recorded recipe will run, by its kind: the whole pipeline, `marco train` or `marco align`. */
import type { PlannedStage } from '@marco-ts/dashboard';
import { recipeStages } from '../../stages/recipe-stages.ts';
import { alignStages } from '../align/align-stages.ts';
import { trainStages } from '../train/train-stages.ts';

/** @param recipe of a `recipe.json`. @throws whatever a recipe of another version leads to; the caller then shows what is there */
export function plannedStages(recipe: unknown): readonly PlannedStage[] {
  if (typeof recipe !== 'object' || recipe === null) return [];
  if ('numRounds' in recipe) return alignStages(recipe as Parameters<typeof alignStages>[0]);
  if ('eval' in recipe) return recipeStages(recipe as Parameters<typeof recipeStages>[0]);
  return trainStages(recipe as Parameters<typeof trainStages>[0]);
}
