/**
 * One decoder layer: x += attention(norm(x)); x += mlp(norm(x)).
 *
 * Source: `Qwen2DecoderLayer` in transformers (models/qwen2/modeling_qwen2.py).
 * Shapes: B batch, L query length, S key length (L, or more with a memory of earlier tokens), D hidden, N query heads, K key/value heads, H head size.
 */
import { causalAttention, linear, rmsNorm, rotaryEmbedding, swiglu, tf } from '@marco-ts/core';
import type { Qwen2Config } from './qwen2-config.ts';

/**
 * The parameters of one layer, under their names after `model.layers.<i>.`; with a LoRA adapter also `<module>.lora_A.weight` and
 * `<module>.lora_B.weight` of the adapted modules.
 */
export type LayerWeights = ReadonlyMap<string, tf.Tensor>;

/** Keys (rotated) and values. */
export interface KeyValues {
  readonly k_BSKH: tf.Tensor4D;
  readonly v_BSKH: tf.Tensor4D;
}

export interface LayerContext {
  readonly positionIds_BL: tf.Tensor2D;
  /** Takes the rotated queries and the new tokens' keys and values; `packedAttention` where there is nothing else to see. */
  readonly attend: (q_BLNH: tf.Tensor4D, added: KeyValues) => tf.Tensor4D;
  /** The tokens (of a batch of 1) that are wanted after the layer; the others give keys and values only. @default all */
  readonly asked?: { readonly rows_Q: tf.Tensor1D; readonly positionIds_BL: tf.Tensor2D } | undefined;
  /** Whether the layer's own linear weights need no gradient, because only an adapter is trained. */
  readonly isFrozen: boolean;
}

/** @returns attention of the batch's tokens to one another, for `LayerContext` */
export function packedAttention(segmentIds_BL: tf.Tensor2D): LayerContext['attend'] {
  return (q_BLNH, { k_BSKH, v_BSKH }) => causalAttention(q_BLNH, k_BSKH, v_BSKH, segmentIds_BL, segmentIds_BL);
}

/**
 * @param x_BLD not disposed
 * @returns x_BLD, or the tokens asked for, after the layer; owned by the caller
 */
export function qwen2Layer(
  x_BLD: tf.Tensor3D,
  weights: LayerWeights,
  config: Qwen2Config,
  context: LayerContext,
): tf.Tensor3D {
  const { numAttentionHeads: N, numKeyValueHeads: K, rmsNormEps, ropeTheta } = config;
  const [B, , D] = x_BLD.shape;
  const H = D / N;
  const { asked, positionIds_BL } = context;
  const heads = (rows: tf.Tensor, count: number) => tf.reshape(rows, [B, -1, count, H]) as tf.Tensor4D;
  const pick = (x: tf.Tensor3D) => (asked ? (tf.gather(x, asked.rows_Q, 1) as tf.Tensor3D) : x);
  const norm = (x: tf.Tensor3D, name: string) => rmsNorm(x, weights.get(`${name}.weight`) as tf.Tensor1D, rmsNormEps);
  const project = (x: tf.Tensor3D, name: string) => projectBy(x, name, weights, context.isFrozen);

  // Each half in a scope of its own: without gradients, the first half's insides are gone before the second's are made.
  const afterAttention_BLD = tf.tidy(() => {
    const normed_BLD = norm(x_BLD, 'input_layernorm');
    const q_BLNH = heads(project(pick(normed_BLD), 'self_attn.q_proj'), N);
    const k_BLKH = heads(project(normed_BLD, 'self_attn.k_proj'), K);
    const v_BLKH = heads(project(normed_BLD, 'self_attn.v_proj'), K);
    const attended_BLNH = context.attend(rotaryEmbedding(q_BLNH, (asked ?? context).positionIds_BL, ropeTheta), {
      k_BSKH: rotaryEmbedding(k_BLKH, positionIds_BL, ropeTheta),
      v_BSKH: v_BLKH,
    });
    const attended_BLD = tf.reshape(attended_BLNH, [B, -1, D]) as tf.Tensor3D;
    return tf.add(pick(x_BLD), project(attended_BLD, 'self_attn.o_proj')) as tf.Tensor3D;
  });
  return tf.tidy(() => {
    const normed_BLD = norm(afterAttention_BLD, 'post_attention_layernorm');
    const gated_BLF = swiglu(project(normed_BLD, 'mlp.gate_proj'), project(normed_BLD, 'mlp.up_proj'));
    return tf.add(afterAttention_BLD, project(gated_BLF, 'mlp.down_proj')) as tf.Tensor3D;
  });
}

/** y = x weightᵀ + bias, and with an adapter + (x Aᵀ) Bᵀ, where B already carries the adapter's scale. */
function projectBy(x: tf.Tensor3D, name: string, weights: LayerWeights, isFrozen: boolean): tf.Tensor3D {
  const weight = weights.get(`${name}.weight`) as tf.Tensor2D;
  const bias = weights.get(`${name}.bias`) as tf.Tensor1D | undefined;
  const own = isFrozen ? frozenLinear(x, weight, bias) : linear(x, weight, bias);
  const a = weights.get(`${name}.lora_A.weight`) as tf.Tensor2D | undefined;
  const b = weights.get(`${name}.lora_B.weight`) as tf.Tensor2D | undefined;
  return a && b ? (tf.add(own, linear(linear(x, a), b)) as tf.Tensor3D) : own;
}

/** As `linear`, from operations whose gradients are taken one by one, so that those of the weight and bias are never computed. */
function frozenLinear(x_BLI: tf.Tensor3D, weight_OI: tf.Tensor2D, bias_O?: tf.Tensor1D): tf.Tensor3D {
  const [B, L, I] = x_BLI.shape;
  const product_TO = tf.matMul(tf.reshape(x_BLI, [B * L, I]), weight_OI, false, true);
  return tf.reshape(bias_O ? tf.add(product_TO, bias_O) : product_TO, [B, L, weight_OI.shape[0]]) as tf.Tensor3D;
}
