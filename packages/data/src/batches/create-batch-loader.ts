/**
 * Makes batch i from a packed plan and its shards: positions restart and segments change at each piece.
 *
 * Shapes: B = microBatchSize rows of L = sequenceLength tokens. The last batch is filled up with empty rows, so that all have one shape.
 */
import type { Shard } from '../shards/shard.ts';
import type { BatchLoader } from './batch-loader.ts';
import type { PackedPlan } from './packed-plan.ts';
import { IGNORE_INDEX, type TokenBatch } from './token-batch.ts';

/** What is read in which order, and how many rows a batch has. */
export interface CreateBatchLoaderOptions {
  /** The shards that the plan was made from, in any order. */
  readonly shards: readonly Shard[];
  readonly packed: PackedPlan;
  readonly microBatchSize: number;
}

function matchShards(shards: readonly Shard[], packed: PackedPlan): Shard[] {
  const byName = new Map(shards.map((shard) => [shard.info.name, shard]));
  return packed.shardNames.map((name, index) => {
    const shard = byName.get(name);
    if (shard === undefined) {
      throw new Error(
        `[@marco-ts/data] createBatchLoader: every shard of the plan must be given, got none named ${name}. Open the shards that packSequences had.`,
      );
    }
    if (shard.info.tokensChecksum !== packed.shardChecksums[index]) {
      throw new Error(
        `[@marco-ts/data] createBatchLoader: shards must be those that were packed, got other tokens at ${shard.directory}. Pack the sequences again.`,
      );
    }
    return shard;
  });
}

/**
 * @throws Error when a shard of the plan is absent or holds other tokens, or when microBatchSize is no positive integer
 */
export function createBatchLoader(options: CreateBatchLoaderOptions): BatchLoader {
  const { packed, microBatchSize } = options;
  if (!Number.isInteger(microBatchSize) || microBatchSize < 1) {
    throw new Error(
      `[@marco-ts/data] createBatchLoader: microBatchSize must be a positive integer, got ${microBatchSize}. Use 1 to 64.`,
    );
  }
  const shards = matchShards(options.shards, packed);
  const { sequenceLength } = packed;
  const numBatches = Math.ceil(packed.numSequences / microBatchSize);
  const eosTokenId = shards[0]?.info.eosTokenId ?? 0;
  const size = microBatchSize * sequenceLength;

  const batchAt = (index: number): TokenBatch => {
    if (!Number.isInteger(index) || index < 0 || index >= numBatches) {
      throw new Error(
        `[@marco-ts/data] batchAt: index must be an integer in [0, ${numBatches}), got ${index}. The plan has no further batches.`,
      );
    }
    const inputIds = new Int32Array(size).fill(eosTokenId);
    const labels = new Int32Array(size).fill(IGNORE_INDEX);
    const positionIds = new Int32Array(size);
    const segmentIds = new Int32Array(size).fill(-1);
    const sourceIds = new Int32Array(size).fill(-1);
    for (let row = 0; row < microBatchSize; row++) {
      const sequence = index * microBatchSize + row;
      if (sequence >= packed.numSequences) break;
      let offset = row * sequenceLength;
      const firstPiece = packed.sequenceOffsets[sequence]!;
      for (let piece = firstPiece; piece < packed.sequenceOffsets[sequence + 1]!; piece++) {
        const length = packed.pieceLength[piece]!;
        const shard = shards[packed.pieceShard[piece]!]!;
        shard.readTokens(packed.pieceDocument[piece]!, packed.pieceStart[piece]!, length, inputIds, offset);
        labels.set(inputIds.subarray(offset, offset + length), offset);
        segmentIds.fill(piece - firstPiece, offset, offset + length);
        sourceIds.fill(packed.pieceSource[piece]!, offset, offset + length);
        for (let i = 0; i < length; i++) positionIds[offset + i] = i;
        offset += length;
      }
    }
    return { batchSize: microBatchSize, sequenceLength, inputIds, labels, positionIds, segmentIds, sourceIds };
  };
  return { numBatches, microBatchSize, sequenceLength, sourceNames: packed.sourceNames, batchAt };
}
