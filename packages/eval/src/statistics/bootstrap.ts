/**
 * Bootstrap over segments: scores of corpora drawn with replacement, their spread and their interval.
 *
 * Source: Koehn 2004 (W04-3250); the 95% interval is sacrebleu's `estimate_ci`. Seeded: the same seed gives the same numbers everywhere.
 * Differs from sacrebleu: our generator is not NumPy's, so resamples, and with them the last digits of an interval, differ.
 */
import { createRandom } from '@marco-ts/core';
import { inputError } from '../input-error.ts';
import { type SegmentStatistics, sumStatistics } from '../metrics/corpus-metric.ts';

/** What is resampled, how it is scored, and how often. */
export interface BootstrapOptions {
  readonly statistics: SegmentStatistics;
  /** The score of statistics added up over a corpus. */
  readonly score: (sums: Float64Array) => number;
  /** default 1000 */
  readonly numResamples?: number | undefined;
  /** default 12345, sacrebleu's */
  readonly seed?: number | string | undefined;
}

/** @returns [numResamples] scores, in the order drawn */
export function bootstrapScores(options: BootstrapOptions): Float64Array {
  const { statistics, score, numResamples = 1000, seed = 12345 } = options;
  checkResamples('bootstrapScores', statistics.numSegments, numResamples);
  const random = createRandom(seed);
  const drawn = new Int32Array(statistics.numSegments);
  return Float64Array.from({ length: numResamples }, () => {
    for (let index = 0; index < drawn.length; index++) drawn[index] = random.integer(statistics.numSegments);
    return score(sumStatistics(statistics, drawn));
  });
}

/** The deviation of bootstrap scores; null for fewer than two segments, which have no spread. */
export function bootstrapStandardError(options: BootstrapOptions): number | null {
  if (options.statistics.numSegments < 2) return null;
  return standardDeviation(bootstrapScores(options));
}

/** @returns mean, half width and ends of the interval that holds the middle 95% of the scores */
export function confidenceInterval(scores: Float64Array): {
  mean: number;
  halfWidth: number;
  low: number;
  high: number;
} {
  if (scores.length === 0) throw inputError('confidenceInterval', 'needs at least one score, got 0.');
  const sorted = scores.toSorted();
  const outside = Math.floor(sorted.length / 40);
  const [low, high] = [sorted[outside]!, sorted[sorted.length - outside - 1]!];
  return { mean: mean(scores), halfWidth: 0.5 * (high - low), low, high };
}

/** @throws Error when there is nothing to draw from, or too few draws */
export function checkResamples(where: string, numSegments: number, numResamples: number): void {
  if (numSegments < 1) throw inputError(where, `needs at least one segment, got ${numSegments}.`);
  if (!Number.isInteger(numResamples) || numResamples < 2) {
    throw inputError(where, `numResamples must be a whole number above 1, got ${numResamples}. 1000 is usual.`);
  }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardDeviation(values: Float64Array): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}
