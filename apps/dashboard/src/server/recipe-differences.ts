/** What two runs' recipes do not have in common, one line per setting. */
import type { RecipeDifference } from '../api-types.ts';
import { asRecord } from './json-shape.ts';
import { RECIPE_FILE, type RunsDirectory } from './runs-directory.ts';

/** @returns settings that differ, with the value in each run; lists are compared whole */
export async function recipeDifferences(
  runs: RunsDirectory,
  compared: readonly (readonly string[])[],
): Promise<RecipeDifference[]> {
  const recipes: ReadonlyMap<string, string>[] = [];
  for (const run of compared) {
    recipes.push(new Map(leaves(asRecord(await runs.readJson([...run, RECIPE_FILE])).recipe, '')));
  }
  const paths = new Set(recipes.flatMap((recipe) => [...recipe.keys()]));
  return [...paths]
    .map((path) => ({ path, values: recipes.map((recipe) => recipe.get(path) ?? '–') }))
    .filter(({ values }) => new Set(values).size > 1);
}

function leaves(value: unknown, path: string): [string, string][] {
  const isList = Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null);
  if (typeof value !== 'object' || value === null || isList) return [[path, JSON.stringify(value) ?? '–']];
  return Object.entries(value).flatMap(([key, one]) => leaves(one, path === '' ? key : `${path}.${key}`));
}
