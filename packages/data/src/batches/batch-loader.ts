/**
 * Batch i of a run, for any i, without having made the batches before it.
 *
 * Shapes: see `TokenBatch`.
 */
import type { TokenBatch } from './token-batch.ts';

/** The batches of a run, all of one shape. */
export interface BatchLoader {
  readonly numBatches: number;
  readonly microBatchSize: number;
  readonly sequenceLength: number;
  readonly sourceNames: readonly string[];
  /** @throws Error when `index` is not an integer in [0, numBatches) */
  batchAt(index: number): TokenBatch;
}
