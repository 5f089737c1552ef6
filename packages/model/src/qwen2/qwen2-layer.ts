/**
 * One decoder layer: x += attention(norm(x)); x += mlp(norm(x)).
 *
 * Source: `Qwen2DecoderLayer` in transformers (models/qwen2/modeling_qwen2.py).
 * Shapes: B batch, L query length, S key length (L, or more with a cache), D hidden, N query heads, K key/value heads, H head size.
 */
import { causalAttention, linear, rmsNorm, rotaryEmbedding, swiglu, tf } from '@marco-ts/core';
import type { Qwen2Config } from './qwen2-config.ts';

/** The parameters of one layer, in the order of `LAYER_PARAMETERS`. */
export type LayerWeights = readonly tf.Tensor[];

/** Keys (rotated) and values of the tokens seen so far. */
export interface KeyValues {
  readonly k_BSKH: tf.Tensor4D;
  readonly v_BSKH: tf.Tensor4D;
}

export interface LayerContext {
  readonly positionIds_BL: tf.Tensor2D;
  readonly segmentIds_BL: tf.Tensor2D;
  /** Segments of the past and the present tokens; `segmentIds_BL` when there is no past. */
  readonly keySegmentIds_BS: tf.Tensor2D;
}

/**
 * @param x_BLD not disposed
 * @param past keys and values of earlier tokens; not disposed
 * @returns the layer's output and all keys and values, owned by the caller
 */
export function qwen2Layer(
  x_BLD: tf.Tensor3D,
  weights: LayerWeights,
  config: Qwen2Config,
  context: LayerContext,
  past?: KeyValues,
): { readonly x_BLD: tf.Tensor3D } & KeyValues {
  const [
    inputNorm,
    qWeight,
    qBias,
    kWeight,
    kBias,
    vWeight,
    vBias,
    oWeight,
    postNorm,
    gateWeight,
    upWeight,
    downWeight,
  ] = weights;
  const { numAttentionHeads: N, numKeyValueHeads: K, rmsNormEps, ropeTheta } = config;
  const [B, L, D] = x_BLD.shape;
  const H = D / N;
  const heads = (rows: tf.Tensor, count: number) => tf.reshape(rows, [B, L, count, H]) as tf.Tensor4D;
  const norm = (x: tf.Tensor3D, weight?: tf.Tensor) => rmsNorm(x, weight as tf.Tensor1D, rmsNormEps);
  const project = (x: tf.Tensor3D, weight?: tf.Tensor, bias?: tf.Tensor) =>
    linear(x, weight as tf.Tensor2D, bias as tf.Tensor1D | undefined);

  const normed_BLD = norm(x_BLD, inputNorm);
  const q_BLNH = rotaryEmbedding(heads(project(normed_BLD, qWeight, qBias), N), context.positionIds_BL, ropeTheta);
  const newK_BLKH = rotaryEmbedding(heads(project(normed_BLD, kWeight, kBias), K), context.positionIds_BL, ropeTheta);
  const newV_BLKH = heads(project(normed_BLD, vWeight, vBias), K);
  const k_BSKH = past ? tf.concat([past.k_BSKH, newK_BLKH], 1) : newK_BLKH;
  const v_BSKH = past ? tf.concat([past.v_BSKH, newV_BLKH], 1) : newV_BLKH;
  const attended_BLNH = causalAttention(q_BLNH, k_BSKH, v_BSKH, context.segmentIds_BL, context.keySegmentIds_BS);
  const attended_BLD = tf.reshape(attended_BLNH, [B, L, D]) as tf.Tensor3D;
  const afterAttention_BLD = tf.add(x_BLD, project(attended_BLD, oWeight)) as tf.Tensor3D;

  const normedAgain_BLD = norm(afterAttention_BLD, postNorm);
  const gated_BLF = swiglu(project(normedAgain_BLD, gateWeight), project(normedAgain_BLD, upWeight));
  return { x_BLD: tf.add(afterAttention_BLD, project(gated_BLF, downWeight)) as tf.Tensor3D, k_BSKH, v_BSKH };
}
