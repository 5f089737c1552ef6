/**
 * Is a value far above what a run has shown lately? Median and median absolute deviation, which single outliers do not move.
 *
 * Source: Hampel identifier; 1.4826 makes the deviation that of a normal distribution.
 */

/** Of a normal distribution, the standard deviation over the median absolute deviation. */
const NORMAL = 1.4826;

/** A curve may be flatter than its next step: deviations below this share of the median count as this share. */
const SMALLEST_RELATIVE_DEVIATION = 0.02;

export interface Spike {
  readonly value: number;
  readonly median: number;
  /** how many deviations above the median */
  readonly numDeviations: number;
}

/**
 * @param history finite values of earlier steps, at least one
 * @param threshold deviations above the median from which a value is a spike
 * @returns undefined when the value is ordinary; falling values are never spikes
 */
export function spikeOf(history: readonly number[], value: number, threshold: number): Spike | undefined {
  const median = medianOf(history);
  const spread = NORMAL * medianOf(history.map((one) => Math.abs(one - median)));
  const deviation = Math.max(spread, Math.abs(median) * SMALLEST_RELATIVE_DEVIATION, Number.MIN_VALUE);
  const numDeviations = (value - median) / deviation;
  return numDeviations > threshold ? { value, median, numDeviations } : undefined;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
