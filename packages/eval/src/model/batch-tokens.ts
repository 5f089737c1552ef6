/**
 * How many padded tokens a forward pass may hold: what memory has room for, and no more than make it faster.
 *
 * Source: `estimate` of @marco-ts/model; scores of each query with each key are counted, which fused kernels do not hold. Units: bytes, tokens.
 */
import { estimate, type Qwen2Config } from '@marco-ts/model';

/** Larger batches are no faster on a processor. */
const MOST_TOKENS = 4096;
/** A batch may have this share of what is free: allocators and the next batch's inputs need the rest. */
const SHARE = 0.5;
/** Of the sequences that a batch is made of, where the window allows it. */
const USUAL_LENGTH = 512;

/**
 * @param freeBytes what is left once the weights are loaded
 * @returns at least the tokens of one sequence, which goes alone however long it is
 */
export function affordableBatchTokens(config: Qwen2Config, freeBytes: number): number {
  const sequenceLength = Math.min(USUAL_LENGTH, config.maxPositionEmbeddings);
  const { inferenceBytes, weightBytes } = estimate(config, { batchSize: 1, sequenceLength });
  const numSequences = Math.floor((SHARE * freeBytes) / (inferenceBytes - weightBytes));
  return Math.max(sequenceLength, Math.min(MOST_TOKENS, numSequences * sequenceLength));
}

/** Memory that this process may still take: the container's where there is one. */
export function freeMemoryBytes(): number {
  return process.availableMemory();
}
