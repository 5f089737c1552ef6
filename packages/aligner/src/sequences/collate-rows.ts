/**
 * Lays sequences side by side into rows: positions restart and segments change at each, so that none attends to another.
 *
 * Shapes: B rows of L positions, all arrays [B·L].
 */
import { IGNORE_INDEX, type TokenBatch } from '@marco-ts/data';
import type { TokenSequence } from './token-sequence.ts';

/** A sequence in its row, and the numbers that mark its tokens. */
export interface PlacedSequence {
  readonly sequence: TokenSequence;
  /** Value of `sourceIds` for its tokens. */
  readonly sourceId: number;
  /** Value of `sequenceIds` for its tokens. */
  readonly sequenceId: number;
}

/** A batch that also says which sequence each token belongs to. */
export interface CollatedRows extends TokenBatch {
  /** Which sequence a position belongs to; -1 is padding. */
  readonly sequenceIds: Int32Array;
}

/** The shape of a batch and what fills it up. */
export interface CollateOptions {
  readonly numRows: number;
  readonly sequenceLength: number;
  readonly padTokenId: number;
}

/**
 * @param rows what lies in each row, in order; missing rows are padding
 * @throws Error when there are more rows than `numRows` or a row is longer than `sequenceLength`
 */
export function collateRows(rows: readonly (readonly PlacedSequence[])[], options: CollateOptions): CollatedRows {
  const { numRows, sequenceLength, padTokenId } = options;
  if (rows.length > numRows) {
    throw new Error(`[@marco-ts/aligner] collateRows: at most ${numRows} rows fit, got ${rows.length}. Raise numRows.`);
  }
  const size = numRows * sequenceLength;
  const batch: CollatedRows = {
    batchSize: numRows,
    sequenceLength,
    inputIds: new Int32Array(size).fill(padTokenId),
    labels: new Int32Array(size).fill(IGNORE_INDEX),
    positionIds: new Int32Array(size),
    segmentIds: new Int32Array(size).fill(-1),
    sourceIds: new Int32Array(size).fill(-1),
    sequenceIds: new Int32Array(size).fill(-1),
  };
  for (const [row, placed] of rows.entries()) {
    let used = 0;
    for (const [segment, { sequence, sourceId, sequenceId }] of placed.entries()) {
      const { length } = sequence.ids;
      if (used + length > sequenceLength) {
        throw new Error(
          `[@marco-ts/aligner] collateRows: a row must fit into ${sequenceLength} positions, got ${used + length} at row ${row}. Raise sequenceLength.`,
        );
      }
      const start = row * sequenceLength + used;
      batch.inputIds.set(sequence.ids, start);
      batch.labels.set(sequence.labels, start);
      batch.labels[start] = IGNORE_INDEX;
      for (let t = 0; t < length; t++) batch.positionIds[start + t] = t;
      batch.segmentIds.fill(segment, start, start + length);
      batch.sourceIds.fill(sourceId, start, start + length);
      batch.sequenceIds.fill(sequenceId, start, start + length);
      used += length;
    }
  }
  return batch;
}
