/** What `marco align` keeps from training, to be measured while it runs: a set of its own, or a share of the prompts. */
import { createRandom } from '@marco-ts/core';
import type { AlignRecipe } from './align-recipe.ts';

/**
 * Each prompt is drawn by itself, so that it is on the same side in every round and with every answer.
 *
 * @param rows of the round
 * @param readSet reads rows of a set that is validated on
 * @returns without `heldOut` when the recipe asks for no validation
 * @throws Error when the share leaves nothing to train on
 */
export async function holdOutPreferences<Row extends { readonly prompt: unknown }>(
  rows: readonly Row[],
  { validation, seed }: Pick<AlignRecipe, 'validation' | 'seed'>,
  readSet: (source: NonNullable<NonNullable<AlignRecipe['validation']>['rows']>) => Promise<readonly Row[]>,
): Promise<{ readonly training: readonly Row[]; readonly heldOut: readonly Row[] | undefined }> {
  if (validation === undefined) return { training: rows, heldOut: undefined };
  if (validation.rows !== undefined) return { training: rows, heldOut: await readSet(validation.rows) };
  const { share } = validation;
  const random = createRandom(seed).fork('held out');
  const isHeldOut = ({ prompt }: Row): boolean => random.fork(JSON.stringify(prompt)).uniform() < share;
  const training = rows.filter((row) => !isHeldOut(row));
  if (training.length > 0) return { training, heldOut: rows.filter(isHeldOut) };
  throw new Error(
    `[@marco-ts/pipeline] align: --validation-share must leave rows to train on, got ${share} of ${rows.length} rows. Lower it, or give a set of its own with --validation.`,
  );
}
