/**
 * Groups sequences of like length into batches that stay below a number of padded tokens.
 *
 * Longest first, so that what does not fit in memory fails at once; a sequence longer than the budget goes alone.
 */
import { inputError } from '../input-error.ts';

/** @returns indices into `lengths`, each once */
export function planBatches(lengths: readonly number[], batchTokens: number): number[][] {
  if (!Number.isInteger(batchTokens) || batchTokens < 1) {
    throw inputError(
      'qwen2LanguageModel',
      `batchTokens must be a whole number above 0, got ${batchTokens}. 4096 is usual.`,
    );
  }
  const order = lengths
    .map((_, index) => index)
    .sort((left, right) => lengths[right]! - lengths[left]! || left - right);
  const batches: number[][] = [];
  let width = 0;
  for (const index of order) {
    const current = batches.at(-1);
    if (current && (current.length + 1) * width <= batchTokens) {
      current.push(index);
    } else {
      batches.push([index]);
      width = Math.max(1, lengths[index]!);
    }
  }
  return batches;
}
