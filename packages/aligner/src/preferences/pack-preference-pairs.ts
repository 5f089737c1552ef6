/**
 * Preference pairs as training batches of one shape: as many pairs as fit into B rows of L positions, both answers of a pair together.
 *
 * Packing is best-fit over a few open batches, so batches hold different numbers of pairs; the loss counts pairs, so that is no matter.
 */
import { createRandom } from '@marco-ts/core';
import { epochOrder } from '../sequences/epoch-order.ts';
import { requireBatchIndex, requirePositiveIntegers } from '../sft/pack-conversations.ts';
import type { EncodedPreferencePair } from './encode-preference-pairs.ts';
import { collatePreferencePairs, type PreferenceBatch, type ReferenceLogProbs } from './preference-batch.ts';

/** The pairs, the shape of batches, and the order in which pairs are seen. */
export interface PackPreferencePairsOptions {
  readonly pairs: readonly EncodedPreferencePair[];
  /** From `precomputeReferenceLogProbs`, in the order of `pairs`; only the precomputation itself goes without. */
  readonly reference?: ReferenceLogProbs;
  readonly sequenceLength: number;
  /** Rows of a batch, at least 2 when answers are as long as a row. */
  readonly microBatchSize: number;
  readonly numEpochs?: number;
  readonly seed: number | string;
  readonly padTokenId: number;
  /** Name of a pair's group in `sourceIds`; default its language. */
  readonly groupBy?: (pair: EncodedPreferencePair) => string;
}

/** Batches of preference pairs, any of them at once. */
export interface PreferenceLoader {
  readonly numBatches: number;
  readonly microBatchSize: number;
  readonly sequenceLength: number;
  readonly sourceNames: readonly string[];
  /** Pairs of one epoch. */
  readonly numPairs: number;
  /** Indices of the pairs in a batch. */
  pairsAt(index: number): readonly number[];
  /** The batch of an index in [0, numBatches), the same each time. */
  batchAt(index: number): PreferenceBatch;
}

/** Batches that are filled at the same time. */
const OPEN_BATCHES = 8;

interface Bin {
  readonly pairs: number[];
  /** Per row: its [pair's place in the batch, is rejected] and the room left. */
  readonly rows: { room: number; readonly sequences: { readonly place: number; readonly isRejected: boolean }[] }[];
}

/** @throws Error for bad options, reference values that are not as many as the pairs, or a pair that fits into no batch */
export function packPreferencePairs(options: PackPreferencePairsOptions): PreferenceLoader {
  const {
    pairs,
    reference,
    sequenceLength,
    microBatchSize,
    numEpochs = 1,
    seed,
    padTokenId,
    groupBy = ({ language }) => language,
  } = options;
  requirePositiveIntegers('packPreferencePairs', {
    sequenceLength,
    microBatchSize,
    numEpochs,
    'pairs.length': pairs.length,
  });
  for (const side of ['chosen', 'rejected'] as const) {
    if (reference !== undefined && reference[side].length !== pairs.length) {
      throw new Error(
        `[@marco-ts/aligner] packPreferencePairs: the reference must have a value for each of ${pairs.length} pairs, got ${reference[side].length} at reference.${side}. Compute it for these pairs.`,
      );
    }
  }
  const sourceNames = [...new Set(pairs.map(groupBy))];
  const sourceIdOf = (pair: EncodedPreferencePair): number => sourceNames.indexOf(groupBy(pair));
  const bins = packBins(
    pairs,
    sequenceLength,
    microBatchSize,
    createRandom(seed).fork('packing').permutation(pairs.length),
  );
  const numBatches = bins.length * numEpochs;
  const binAt = epochOrder(bins.length, seed);
  const binOf = (index: number): Bin => {
    requireBatchIndex('packPreferencePairs', index, numBatches);
    return bins[binAt(index)]!;
  };
  return {
    numBatches,
    microBatchSize,
    sequenceLength,
    sourceNames,
    numPairs: pairs.length,
    pairsAt: (index) => binOf(index).pairs,
    batchAt(index) {
      const bin = binOf(index);
      const rows = bin.rows.map(({ sequences }) =>
        sequences.map(({ place, isRejected }) => place + (isRejected ? bin.pairs.length : 0)),
      );
      return collatePreferencePairs(pairs, bin.pairs, rows, {
        numRows: microBatchSize,
        sequenceLength,
        padTokenId,
        sourceIdOf,
        ...(reference === undefined ? {} : { reference }),
      });
    },
  };
}

function packBins(
  pairs: readonly EncodedPreferencePair[],
  sequenceLength: number,
  numRows: number,
  order: ArrayLike<number>,
): Bin[] {
  const closed: Bin[] = [];
  const open: Bin[] = [];
  for (const index of Array.from(order)) {
    const lengths = [pairs[index]!.chosen.ids.length, pairs[index]!.rejected.ids.length] as const;
    if (open.some((bin) => placePair(bin, index, lengths))) continue;
    const bin: Bin = {
      pairs: [],
      rows: Array.from({ length: numRows }, () => ({ room: sequenceLength, sequences: [] })),
    };
    if (!placePair(bin, index, lengths)) {
      throw new Error(
        `[@marco-ts/aligner] packPreferencePairs: both answers of a pair must fit into ${numRows} rows of ${sequenceLength} tokens, got ${lengths[0]} and ${lengths[1]} at pairs[${index}]. Raise microBatchSize to 2 or sequenceLength.`,
      );
    }
    open.push(bin);
    if (open.length > OPEN_BATCHES) closed.push(open.shift()!);
  }
  return [...closed, ...open];
}

/** Puts both answers into the fullest rows that can take them; changes nothing when they do not fit. */
function placePair(bin: Bin, index: number, lengths: readonly [number, number]): boolean {
  const longerFirst = lengths[0] >= lengths[1] ? [0, 1] : [1, 0];
  const chosenRows: { row: Bin['rows'][number]; side: number }[] = [];
  for (const side of longerFirst) {
    const length = lengths[side]!;
    const fitting = bin.rows.filter(({ room }) => room >= length);
    const row = fitting.reduce<Bin['rows'][number] | undefined>(
      (best, next) => (best === undefined || next.room < best.room ? next : best),
      undefined,
    );
    if (row === undefined) {
      for (const { row: taken, side: takenSide } of chosenRows) taken.room += lengths[takenSide]!;
      return false;
    }
    row.room -= length;
    chosenRows.push({ row, side });
  }
  const place = bin.pairs.push(index) - 1;
  for (const { row, side } of chosenRows) row.sequences.push({ place, isRejected: side === 1 });
  return true;
}
