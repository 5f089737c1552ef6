/**
 * What BLEU, chrF and TER have in common: per-segment statistics that add up, and a score of the sums.
 *
 * Source: `sacrebleu.metrics.base.Metric`.
 * Shapes: statistics are rows of `width` numbers, one row per segment, flat in `values`.
 * Differs from sacrebleu: mismatched counts and empty references are refused instead of cut short or scored.
 */
import { inputError } from '../input-error.ts';

/** One reference per hypothesis, or sacrebleu's streams: `references[stream][segment]`, where null says that this stream has none here. */
export type References = readonly string[] | readonly (readonly (string | null)[])[];

/** The statistics of every segment, as rows of one matrix. */
export interface SegmentStatistics {
  readonly width: number;
  readonly numSegments: number;
  /** [numSegments * width] */
  readonly values: Float64Array;
}

/** A metric of a corpus that is computed from sums over its segments, so that any subset can be scored again. */
export interface CorpusMetric<Score extends { readonly score: number }> {
  /** sacrebleu's name: BLEU, chrF2, chrF2++, TER */
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** @throws Error on mismatched counts or an empty reference */
  statistics(hypotheses: readonly string[], references: References): SegmentStatistics;
  /**
   * The score of the segments whose statistics were added up.
   *
   * @param sums [width], the statistics added up over segments
   */
  scoreFromSums(sums: ArrayLike<number>): Score;
  /** sacrebleu's signature; the version says that this is a port */
  signature(references: References): string;
}

/** What to do where every reference of a segment is blank: refuse (default), or score it as sacrebleu does. */
export type EmptyReference = 'error' | 'score';

/** The release that the numbers are equal to; the build metadata marks a port. */
export const SACREBLEU_VERSION = '2.6.0+ts';

/**
 * Checks a corpus and turns it into the references of each segment.
 * @returns references[segment], nulls left out
 * @throws Error naming the first segment at fault
 */
export function segmentReferences(
  where: string,
  hypotheses: readonly string[],
  references: References,
  emptyReference: EmptyReference,
): string[][] {
  if (hypotheses.length === 0) {
    throw inputError(where, 'a corpus needs at least one hypothesis, got 0. Pass one string per segment.');
  }
  const streams = referenceStreams(references);
  if (streams.length === 0) {
    throw inputError(
      where,
      'needs at least one reference, got 0. Pass one string per hypothesis, or a list of such lists.',
    );
  }
  for (const [stream, lines] of streams.entries()) {
    if (lines.length === hypotheses.length) continue;
    throw inputError(
      where,
      `needs as many references as hypotheses, got ${lines.length} references in stream ${stream} for ` +
        `${hypotheses.length} hypotheses. Are the two files line-aligned?`,
    );
  }
  return hypotheses.map((hypothesis, segment) => {
    if (typeof hypothesis !== 'string') {
      throw inputError(where, `a hypothesis must be a string, got ${typeof hypothesis} at segment ${segment}.`);
    }
    const own = streams.map((lines) => lines[segment]).filter((line) => typeof line === 'string');
    if (own.length === 0 || (emptyReference === 'error' && own.every((line) => line.trim() === ''))) {
      throw inputError(
        where,
        `needs a reference that is not empty, got ${own.length === 0 ? 'none' : 'only blank ones'} at segment ${segment}. ` +
          "Drop the segment, or pass emptyReference: 'score' to score blank references as sacrebleu does.",
      );
    }
    return own;
  });
}

/** The score of a whole corpus, with the metric's signature. */
export function scoreCorpus<Score extends { readonly score: number }>(
  metric: CorpusMetric<Score>,
  hypotheses: readonly string[],
  references: References,
): Score & { readonly signature: string } {
  const score = metric.scoreFromSums(sumStatistics(metric.statistics(hypotheses, references)));
  return { ...score, signature: metric.signature(references) };
}

/** The score of one sentence against its references, as a corpus of one segment. */
export function scoreSentence<Score extends { readonly score: number }>(
  metric: CorpusMetric<Score>,
  hypothesis: string,
  references: readonly string[],
): Score & { readonly signature: string } {
  return scoreCorpus(
    metric,
    [hypothesis],
    references.map((reference) => [reference]),
  );
}

/** `nrefs` of the signature: a number, or `var` where segments differ. */
export function numReferences(references: References): string {
  const streams = referenceStreams(references);
  const counts = new Set<number>();
  for (let segment = 0; segment < (streams[0]?.length ?? 0); segment++) {
    counts.add(streams.filter((lines) => typeof lines[segment] === 'string').length);
  }
  return counts.size === 1 ? String([...counts][0]) : 'var';
}

/** @returns [width] the statistics added up over all segments, or over `segments` (repeats count again) */
export function sumStatistics(statistics: SegmentStatistics, segments?: ArrayLike<number>): Float64Array {
  const { width, values } = statistics;
  const sums = new Float64Array(width);
  const count = segments ? segments.length : statistics.numSegments;
  for (let index = 0; index < count; index++) {
    const start = (segments ? segments[index]! : index) * width;
    for (let column = 0; column < width; column++) sums[column]! += values[start + column]!;
  }
  return sums;
}

export function formatSignature(
  numberOfReferences: string,
  fields: readonly (readonly [string, string | number | boolean])[],
): string {
  const shown = fields.map(([key, value]) => `${key}:${typeof value === 'boolean' ? (value ? 'yes' : 'no') : value}`);
  return [`nrefs:${numberOfReferences}`, ...shown, `version:${SACREBLEU_VERSION}`].join('|');
}

function referenceStreams(references: References): readonly (readonly (string | null)[])[] {
  if (references.length === 0) return [];
  return typeof references[0] === 'string' || references[0] === null
    ? [references as readonly string[]]
    : (references as readonly (readonly (string | null)[])[]);
}
