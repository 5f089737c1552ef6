/**
 * A metric as data: how per-sample numbers add up and what score the sums give, so that results on disk can be scored again.
 *
 * Shapes: the statistics of one sample are a row of numbers; rows add up over samples.
 */
import { inputError } from '../input-error.ts';
import { type BleuOptions, bleuMetric } from '../metrics/bleu.ts';
import { type ChrfOptions, chrfMetric } from '../metrics/chrf.ts';
import { type SegmentStatistics, sumStatistics } from '../metrics/corpus-metric.ts';
import { terMetric } from '../metrics/ter.ts';
import { bootstrapStandardError } from '../statistics/bootstrap.ts';
import { ratioStandardError } from '../statistics/standard-error.ts';

/** How the sums of a metric become its score. */
export type MetricKind =
  /** rows [value, 1]: scale * sum / count; any [numerator, denominator] gives a ratio of sums */
  | { readonly type: 'ratio'; readonly scale: number }
  /** rows [nats, units]: exp(sum nats / sum units) */
  | { readonly type: 'exponential-ratio' }
  | { readonly type: 'bleu'; readonly options: BleuOptions }
  | { readonly type: 'chrf'; readonly options: ChrfOptions }
  | { readonly type: 'ter' };

/** How a metric is computed from sums, and how its value is to be read. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly higherIsBetter: boolean;
  /** the score of guessing, null where there is none */
  readonly chance: number | null;
  /** for people: 'share', 'bits/byte', 'points of 100' */
  readonly unit: string;
}

/** A score with its standard error, null where there is none. */
export interface MetricValue {
  readonly value: number;
  readonly stderr: number | null;
}

/** @returns the score of added-up statistics */
export function scoreOfSums(kind: MetricKind): (sums: ArrayLike<number>) => number {
  switch (kind.type) {
    case 'ratio':
      return (sums) => (kind.scale * sums[0]!) / sums[1]!;
    case 'exponential-ratio':
      return (sums) => Math.exp(sums[0]! / sums[1]!);
    case 'bleu':
      return scoreOf(bleuMetric(kind.options));
    case 'chrf':
      return scoreOf(chrfMetric(kind.options));
    case 'ter':
      return scoreOf(terMetric());
    default:
      throw inputError(
        'scoreOfSums',
        `unknown kind of metric '${(kind as { type: string }).type}'. Was it written by a newer version?`,
      );
  }
}

/** Value and standard error: analytic for ratios, by bootstrap for corpus scores. */
export function measure(
  kind: MetricKind,
  rows: readonly (readonly number[])[],
  bootstrap: { readonly numResamples: number; readonly seed: number | string },
): MetricValue {
  const statistics = statisticsOfRows(rows);
  const score = scoreOfSums(kind);
  const value = score(sumStatistics(statistics));
  if (kind.type === 'ratio' || kind.type === 'exponential-ratio') {
    const error = ratioStandardError(
      rows.map((row) => row[0]!),
      rows.map((row) => row[1]!),
    );
    if (error === null) return { value, stderr: null };
    return { value, stderr: error * (kind.type === 'ratio' ? Math.abs(kind.scale) : value) };
  }
  return { value, stderr: bootstrapStandardError({ statistics, score, ...bootstrap }) };
}

/** @throws Error when there is no row, or rows differ in width */
export function statisticsOfRows(rows: readonly (readonly number[])[]): SegmentStatistics {
  const width = rows[0]?.length ?? 0;
  if (width === 0) throw inputError('statisticsOfRows', 'needs at least one row of statistics, got none.');
  const values = new Float64Array(rows.length * width);
  for (const [index, row] of rows.entries()) {
    if (row.length !== width) {
      throw inputError('statisticsOfRows', `every row must have ${width} numbers, got ${row.length} at row ${index}.`);
    }
    values.set(row, index * width);
  }
  return { width, numSegments: rows.length, values };
}

function scoreOf(metric: { scoreFromSums(sums: ArrayLike<number>): { readonly score: number } }) {
  return (sums: ArrayLike<number>): number => metric.scoreFromSums(sums).score;
}
