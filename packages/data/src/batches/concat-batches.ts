/**
 * Two batches as one, row after row: instruction tuning that also sees pretraining text, for example.
 *
 * Shapes: [B1·L] and [B2·L] give [(B1 + B2)·L]; segments never meet, because they live in rows.
 */
import type { TokenBatch } from './token-batch.ts';

/**
 * @param second its source ids are counted from `firstNumSources` on in the result
 * @throws Error when the sequence lengths differ
 */
export function concatBatches(first: TokenBatch, second: TokenBatch, firstNumSources: number): TokenBatch {
  if (first.sequenceLength !== second.sequenceLength) {
    throw new Error(
      `[@marco-ts/data] concatBatches: batches must have one sequenceLength, got ${first.sequenceLength} and ${second.sequenceLength}. Pack both alike.`,
    );
  }
  const join = (a: Int32Array, b: Int32Array): Int32Array => {
    const joined = new Int32Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  };
  return {
    batchSize: first.batchSize + second.batchSize,
    sequenceLength: first.sequenceLength,
    inputIds: join(first.inputIds, second.inputIds),
    labels: join(first.labels, second.labels),
    positionIds: join(first.positionIds, second.positionIds),
    segmentIds: join(first.segmentIds, second.segmentIds),
    sourceIds: join(
      first.sourceIds,
      second.sourceIds.map((id) => (id < 0 ? id : id + firstNumSources)),
    ),
  };
}
