/**
 * Is the difference between two systems on the same segments more than chance? By bootstrap or by randomization.
 *
 * Source: Koehn 2004 and Efron and Tibshirani 1993, 16 (bootstrap); Riezler and Maxwell 2005 (approximate randomization); sacrebleu
 * `significance.py`. The bootstrap's p-value is two-sided: how often resampled differences lie as far from the real one as that lies
 * from 0. sacrebleu's, asked for by `pValueAs: 'sacrebleu'`, folds the sign away first and comes out about half as large.
 * Differs: a resampled difference as large as the real one counts as chance, so that a system compared with itself has p = 1
 * (sacrebleu counts only larger ones, which gives such a pair the smallest p there is); our generator is not NumPy's.
 */
import { createRandom } from '@marco-ts/core';
import { inputError } from '../input-error.ts';
import { type CorpusMetric, type References, type SegmentStatistics, sumStatistics } from '../metrics/corpus-metric.ts';
import { checkResamples, confidenceInterval } from './bootstrap.ts';

/** The statistics of two systems, and how their difference is tested. */
export interface PairedTestOptions {
  /** statistics of the first system, segment by segment */
  readonly before: SegmentStatistics;
  /** of the second system, on the same segments in the same order */
  readonly after: SegmentStatistics;
  /** The score of statistics added up over a corpus. */
  readonly score: (sums: Float64Array) => number;
  /** default 1000 for bootstrap, 10000 for randomization */
  readonly numResamples?: number | undefined;
  /** default 12345 */
  readonly seed?: number | string | undefined;
  /** of the bootstrap; default 'two-sided' */
  readonly pValueAs?: 'two-sided' | 'sacrebleu' | undefined;
}

/** The difference and whether it is more than chance. */
export interface PairedTestResult {
  readonly before: number;
  readonly after: number;
  /** after - before */
  readonly delta: number;
  readonly pValue: number;
  /** the middle 95% of the resampled deltas; null from a randomization test, which has none */
  readonly interval: readonly [number, number] | null;
  readonly numSegments: number;
  readonly numResamples: number;
}

/** Paired bootstrap: both systems are scored on the same resampled segments. */
export function pairedBootstrap(options: PairedTestOptions): PairedTestResult {
  const { before, after, score, numResamples = 1000, seed = 12345, pValueAs = 'two-sided' } = options;
  const scores = realScores('pairedBootstrap', options, numResamples);
  const random = createRandom(seed);
  const drawn = new Int32Array(before.numSegments);
  const deltas = Float64Array.from({ length: numResamples }, () => {
    for (let index = 0; index < drawn.length; index++) drawn[index] = random.integer(before.numSegments);
    return score(sumStatistics(after, drawn)) - score(sumStatistics(before, drawn));
  });
  const meanDistance = deltas.reduce((sum, delta) => sum + Math.abs(delta), 0) / numResamples;
  const distances = deltas.map((delta) =>
    pValueAs === 'sacrebleu' ? Math.abs(delta) - meanDistance : Math.abs(delta - scores.delta),
  );
  const pValue = shareAtLeast(distances, Math.abs(scores.delta));
  const { low, high } = confidenceInterval(deltas);
  return { ...scores, pValue, interval: [low, high], numSegments: before.numSegments, numResamples };
}

/** Approximate randomization: per segment, the two systems' outputs are swapped or not. */
export function pairedRandomization(options: PairedTestOptions): PairedTestResult {
  const { before, after, score, numResamples = 10_000, seed = 12345 } = options;
  const scores = realScores('pairedRandomization', options, numResamples);
  const random = createRandom(seed);
  const { width, numSegments } = before;
  const total = sumStatistics(before).map((sum, column) => sum + sumStatistics(after)[column]!);
  const differences = Float64Array.from({ length: numResamples }, () => {
    const first = new Float64Array(width);
    let bits = 0;
    for (let segment = 0; segment < numSegments; segment++) {
      if (segment % 32 === 0) bits = random.uint32();
      const values = (bits >>> (segment % 32)) & 1 ? after.values : before.values;
      for (let column = 0; column < width; column++) first[column]! += values[segment * width + column]!;
    }
    return Math.abs(score(first) - score(total.map((sum, column) => sum - first[column]!)));
  });
  const pValue = shareAtLeast(differences, Math.abs(scores.delta));
  return { ...scores, pValue, interval: null, numSegments, numResamples };
}

/** Two systems' outputs on the same segments, and how they are compared. */
export interface CompareSystemsOptions {
  readonly metric: CorpusMetric<{ readonly score: number }>;
  readonly baseline: readonly string[];
  readonly system: readonly string[];
  readonly references: References;
  /** default 'bootstrap' */
  readonly method?: 'bootstrap' | 'randomization' | undefined;
  readonly numResamples?: number | undefined;
  readonly seed?: number | string | undefined;
}

/** Compares two systems' texts under a corpus metric, as `sacrebleu --paired-bs` and `--paired-ar` do. */
export function compareSystems(options: CompareSystemsOptions): PairedTestResult & { readonly metric: string } {
  const { metric, baseline, system, references, method = 'bootstrap', numResamples, seed } = options;
  const test = method === 'bootstrap' ? pairedBootstrap : pairedRandomization;
  const result = test({
    pValueAs: 'sacrebleu',
    before: metric.statistics(baseline, references),
    after: metric.statistics(system, references),
    score: (sums) => metric.scoreFromSums(sums).score,
    numResamples,
    seed,
  });
  return { metric: metric.name, ...result };
}

function realScores(where: string, options: PairedTestOptions, numResamples: number) {
  const { before, after, score } = options;
  if (before.numSegments !== after.numSegments || before.width !== after.width) {
    throw inputError(
      where,
      `both systems must have the same segments, got ${before.numSegments} and ${after.numSegments} of widths ` +
        `${before.width} and ${after.width}. Score both on the same test set with the same metric.`,
    );
  }
  checkResamples(where, before.numSegments, numResamples);
  const [first, second] = [score(sumStatistics(before)), score(sumStatistics(after))];
  return { before: first, after: second, delta: second - first };
}

/** With one added above and below, so that no finite test claims p = 0; the tolerance is for rounding, not for chance. */
function shareAtLeast(values: Float64Array, threshold: number): number {
  const atLeast = values.filter((value) => value >= threshold - 1e-12 * Math.max(1, threshold)).length;
  return (atLeast + 1) / (values.length + 1);
}
