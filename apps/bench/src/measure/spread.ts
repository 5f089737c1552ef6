/**
 * Median and range of repeated measurements.
 */
import { benchError } from '../bench-error.ts';

export interface Spread {
  readonly min: number;
  readonly max: number;
  readonly samples: number;
}

/** @throws when there is no sample or one is not finite */
export function medianAndSpread(samples: readonly number[]): { readonly median: number; readonly spread: Spread } {
  if (samples.length === 0) throw benchError('medianAndSpread', 'there must be at least one sample, got none.');
  const bad = samples.findIndex((sample) => !Number.isFinite(sample));
  if (bad !== -1)
    throw benchError('medianAndSpread', `samples must be finite, got ${samples[bad]} at samples[${bad}].`);
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, spread: { min: sorted[0]!, max: sorted.at(-1)!, samples: sorted.length } };
}
