/**
 * One case of a suite from raw measurements: medians, ranges, and how many times better we are than each peer.
 */
import { benchError } from '../bench-error.ts';
import type { BenchCase, Better } from '../suite.ts';
import { medianAndSpread } from './spread.ts';

export interface CaseMeasurements {
  readonly case: string;
  readonly unit: string;
  readonly better: Better;
  readonly ours: readonly number[];
  /** Peers by plain name, in the order of the table; those that are absent are left out. */
  readonly peers: Iterable<readonly [name: string, samples: readonly number[]]>;
}

export function compareCase(measured: CaseMeasurements): BenchCase {
  const ours = medianAndSpread(measured.ours);
  return {
    case: measured.case,
    unit: measured.unit,
    better: measured.better,
    ours: ours.median,
    spread: ours.spread,
    peers: [...measured.peers].map(([name, samples]) => {
      const { median, spread } = medianAndSpread(samples);
      return { name, value: median, spread, ratio: timesBetter(ours.median, median, measured.better) };
    }),
  };
}

/** @returns 1 for equal values, above 1 where ours is better */
export function timesBetter(ours: number, theirs: number, better: Better): number {
  for (const [name, value] of Object.entries({ ours, theirs })) {
    if (!(value > 0)) throw benchError('timesBetter', `values must be positive, got ${value} at ${name}.`);
  }
  return better === 'higher' ? ours / theirs : theirs / ours;
}
