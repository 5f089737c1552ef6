/**
 * Negative log-likelihood of every predicted token, placed where it is predicted.
 *
 * Units: nats.
 * Differs: rows that predict nothing are dropped before the output layer when they are many; the result is the same.
 */
import { embedding, linearCrossEntropy, type ParamMap, tf } from '@marco-ts/core';
import { outputEmbedding } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { hiddenOfCheckedInputs, type Qwen2Options } from '../qwen2/qwen2-hidden.ts';
import { batchInputs, type CausalBatch, checkCausalBatch } from './causal-batch.ts';
import { predictedTokens } from './predicted-tokens.ts';

/** Below this share of predicting rows, gathering them costs less than taking all through the output layer. */
const GATHER_BELOW = 0.9;

export interface NllOfBatch {
  /** [B, L], 0 where nothing is predicted; differentiable. */
  readonly nll_BL: tf.Tensor2D;
  /** Sum of `nll_BL`; differentiable, and cheaper to differentiate than the sum of `nll_BL`. */
  readonly sum: tf.Scalar;
  readonly numPredicted: number;
}

/**
 * @returns nll_BL: at t the nll of the token at t + 1, given those up to t; 0 where t predicts nothing; differentiable by `params`; owned by
 * the caller
 * @throws for ids past the vocabulary, with the place
 */
export function tokenNll(
  params: ParamMap,
  config: Qwen2Config,
  batch: CausalBatch,
  options: Qwen2Options = {},
): tf.Tensor2D {
  checkCausalBatch('tokenNll', config, batch);
  return tf.tidy(() => nllOfCheckedBatch(params, config, batch, options, false).nll_BL);
}

/**
 * @param summed whether it is `sum` that will be differentiated, as cross-entropy wants to know
 * @returns tensors that belong to the surrounding scope
 */
export function nllOfCheckedBatch(
  params: ParamMap,
  config: Qwen2Config,
  batch: CausalBatch,
  options: Qwen2Options,
  summed: boolean,
): NllOfBatch {
  const { batchSize: B, sequenceLength: L } = batch;
  const { targets, rows } = predictedTokens(batch);
  if (rows.length === 0) return { nll_BL: tf.zeros([B, L]), sum: tf.scalar(0), numPredicted: 0 };

  const hidden_TD = hiddenOfCheckedInputs(params, config, batchInputs(batch), options);
  const weight_VD = outputEmbedding(params, config);
  if (rows.length > GATHER_BELOW * B * L) {
    const nll_T = linearCrossEntropy(hidden_TD, weight_VD, tf.tensor1d(targets, 'int32'), { summed });
    return { nll_BL: tf.reshape(nll_T, [B, L]) as tf.Tensor2D, sum: tf.sum(nll_T), numPredicted: rows.length };
  }
  // Row lookup has a gradient on every backend in the form of an embedding.
  const picked_PD = embedding(tf.tensor1d(rows, 'int32'), hidden_TD);
  const labels = tf.tensor1d(
    rows.map((row) => targets[row]!),
    'int32',
  );
  const nll_P = linearCrossEntropy(picked_PD, weight_VD, labels, { summed });
  return { nll_BL: spread(nll_P, rows, B, L), sum: tf.sum(nll_P), numPredicted: rows.length };
}

/** Puts the values back to their rows of [B, L], by lookup in a table whose last row is 0. */
function spread(nll_P: tf.Tensor1D, rows: Int32Array, B: number, L: number): tf.Tensor2D {
  const places = new Int32Array(B * L).fill(rows.length);
  for (const [place, row] of rows.entries()) places[row] = place;
  const table = tf.expandDims(tf.concat([nll_P, tf.zeros([1])]), 1) as tf.Tensor2D;
  return tf.reshape(embedding(tf.tensor2d(places, [B, L], 'int32'), table), [B, L]) as tf.Tensor2D;
}
