/**
 * A batch of token sequences as typed arrays, checked before any of it reaches the device.
 *
 * Shapes: every array is [B, L] in row-major order.
 */
import { IGNORE_INDEX, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { checkIds } from '../qwen2/check-ids.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import type { Qwen2Inputs } from '../qwen2/qwen2-hidden.ts';

/** B sequences of L tokens with what is to be learned of them, packed documents told apart by segments. */
export interface CausalBatch {
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly inputIds: Int32Array;
  /** Not shifted, as Hugging Face has them: the label at t is the token at t, or IGNORE_INDEX where it is not to be learned. */
  readonly labels: Int32Array;
  /** Counted from 0 within each document. */
  readonly positionIds: Int32Array;
  /** Changes at each document; -1 is padding. */
  readonly segmentIds: Int32Array;
}

/** @throws for arrays of the wrong length, ids past the vocabulary and positions past the context, with the place */
export function checkCausalBatch(functionName: string, config: Qwen2Config, batch: CausalBatch): void {
  const { batchSize: B, sequenceLength: L, inputIds, labels, positionIds, segmentIds } = batch;
  for (const [name, array] of Object.entries({ inputIds, labels, positionIds, segmentIds })) {
    if (!(array instanceof Int32Array) || array.length !== B * L) {
      throw modelError(
        functionName,
        `${name} must be an Int32Array of batchSize * sequenceLength = ${B} * ${L} items, got ${array?.constructor?.name} of ${array?.length}. Build the batch anew.`,
      );
    }
  }
  checkIds(functionName, 'inputIds', inputIds, L, config.vocabSize);
  checkIds(functionName, 'labels', labels, L, config.vocabSize, IGNORE_INDEX);
  for (let i = 0; i < positionIds.length; i++) {
    const position = positionIds[i]!;
    if (position >= 0 && position < config.maxPositionEmbeddings) continue;
    throw modelError(
      functionName,
      `positions must be from 0 and below maxPositionEmbeddings ${config.maxPositionEmbeddings}, got ${position} at positionIds[${Math.floor(i / L)},${i % L}]. Cut the sequence or raise maxPositionEmbeddings.`,
    );
  }
}

/** @returns the tensors that `qwen2Hidden` takes, owned by the caller */
export function batchInputs(batch: Omit<CausalBatch, 'labels'>): Qwen2Inputs {
  const shape: [number, number] = [batch.batchSize, batch.sequenceLength];
  return {
    inputIds_BL: tf.tensor2d(batch.inputIds, shape, 'int32'),
    positionIds_BL: tf.tensor2d(batch.positionIds, shape, 'int32'),
    segmentIds_BL: tf.tensor2d(batch.segmentIds, shape, 'int32'),
  };
}
