/**
 * The arrays one training step reads: B sequences of L tokens, row by row.
 *
 * Shapes: every array is [B·L]; the entry of row b, position t is at b·L + t.
 */

/** Labels with this value carry no loss (the convention of PyTorch and Hugging Face). */
export const IGNORE_INDEX = -100;

/** B sequences of L tokens with labels, positions, documents and sources. */
export interface TokenBatch {
  /** B */
  readonly batchSize: number;
  /** L */
  readonly sequenceLength: number;
  /** Token ids; padding holds the end-of-text id. */
  readonly inputIds: Int32Array;
  /** As Hugging Face has them: `labels[t] = inputIds[t]`, not shifted; `IGNORE_INDEX` on padding. */
  readonly labels: Int32Array;
  /** Restart at 0 with each piece of a document. */
  readonly positionIds: Int32Array;
  /** 0, 1, 2, ... within a row, one number per piece of a document; -1 is padding. */
  readonly segmentIds: Int32Array;
  /** Index into `BatchLoader.sourceNames`; -1 is padding. */
  readonly sourceIds: Int32Array;
}
