/**
 * Preference pairs as one batch: chosen and rejected answers lie packed in the same rows, and the batch says which token is whose.
 *
 * Shapes: token arrays are [B·L]; P pairs; sequence i < P is pair i's chosen answer, sequence P + i its rejected one.
 */
import { type CollatedRows, type CollateOptions, collateRows, type PlacedSequence } from '../sequences/collate-rows.ts';
import { countTargets } from '../sequences/token-sequence.ts';
import type { EncodedPreferencePair } from './encode-preference-pairs.ts';

/** P pairs in B rows of L positions. */
export interface PreferenceBatch extends CollatedRows {
  readonly numPairs: number;
  /** [2P] tokens with loss in each sequence */
  readonly numTargets: Float32Array;
  /** [P] kind of each pair; empty where all pairs, of other batches too, are of one kind */
  readonly kinds: readonly string[];
  /** [P] 1 where the answer is good, 0 where it is bad; only for answers without partners */
  readonly isDesirable?: Uint8Array;
  /** [2P] log-probability of each answer under the reference, in nats; absent until it is computed */
  readonly referenceLogps?: Float32Array;
}

/** Log-probabilities in nats of every pair's answers under the frozen reference. */
export interface ReferenceLogProbs {
  readonly chosen: Float32Array;
  readonly rejected: Float32Array;
}

/**
 * Lays chosen and rejected answers into rows as one batch.
 *
 * @param rows sequence numbers in each row: pair i of `indices` has its chosen answer as i, its rejected one as P + i
 * @param indices of the batch's pairs in `pairs`
 */
export function collatePreferencePairs(
  pairs: readonly EncodedPreferencePair[],
  indices: readonly number[],
  rows: readonly (readonly number[])[],
  options: CollateOptions & {
    readonly reference?: ReferenceLogProbs;
    readonly sourceIdOf?: (pair: EncodedPreferencePair) => number;
  },
): PreferenceBatch {
  const { reference, sourceIdOf = () => 0 } = options;
  const numPairs = indices.length;
  const place = (sequenceId: number): PlacedSequence => {
    const pair = pairs[indices[sequenceId % numPairs]!]!;
    return { sequence: sequenceId < numPairs ? pair.chosen : pair.rejected, sourceId: sourceIdOf(pair), sequenceId };
  };
  const collated = collateRows(
    rows.map((row) => row.map(place)),
    options,
  );
  const sides = ['chosen', 'rejected'] as const;
  return {
    ...collated,
    numPairs,
    numTargets: Float32Array.from(sides.flatMap((side) => indices.map((index) => countTargets(pairs[index]![side])))),
    kinds: pairs.every(({ kind }) => kind === pairs[0]!.kind) ? [] : indices.map((index) => pairs[index]!.kind),
    ...(indices.every((index) => pairs[index]!.isDesirable !== undefined)
      ? { isDesirable: Uint8Array.from(indices, (index) => (pairs[index]!.isDesirable ? 1 : 0)) }
      : {}),
    ...(reference === undefined
      ? {}
      : {
          referenceLogps: Float32Array.from(sides.flatMap((side) => indices.map((index) => reference[side][index]!))),
        }),
  };
}
