/** Renders a recipe, holds it against the schema, and writes it where nothing is yet. */
import { existsSync } from 'node:fs';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import { checkWithOverrides } from '../../config/load-recipe.ts';
import { mergeRecipe } from '../../config/merge-recipe.ts';
import { readYamlRecipe } from '../../config/read-yaml-recipe.ts';
import { BadInputError } from '../../errors.ts';
import { tinyCpu } from '../../recipes/tiny-cpu.ts';
import type { RecipeAnswers } from './recipe-answers.ts';
import { renderRecipe } from './render-recipe.ts';

export interface WriteRecipeOptions {
  readonly force?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/** @throws ConfigError when the answers make no valid recipe, BadInputError when the file is there already */
export async function writeRecipe(
  answers: RecipeAnswers,
  { force = false, dryRun = false }: WriteRecipeOptions,
): Promise<{ text: string; file: string }> {
  const file = `${answers.name}.yaml`;
  const text = renderRecipe(answers);
  const { values, placeOf } = readYamlRecipe(text, file);
  checkWithOverrides(mergeRecipe(tinyCpu(), values), [], file, placeOf);
  if (dryRun) return { text, file };
  if (existsSync(file) && !force) {
    throw new BadInputError(
      `[@marco-ts/pipeline] init: the file must be new, got one that is there at ${file}. Choose another name, or replace it with --force.`,
    );
  }
  await writeFileAtomic(file, text);
  return { text, file };
}
