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
  readonly segmentIds_BL: tf.Tensor2D;
  /** Segments of the keys; `segmentIds_BL` when nothing is remembered. */
  readonly keySegmentIds_BS: tf.Tensor2D;
  /** Takes the new tokens' keys and values and returns those to attend to. @default the new tokens see one another only */
  readonly remember?: (added: KeyValues) => KeyValues;
  /** Whether the layer's own linear weights need no gradient, because only an adapter is trained. */
  readonly isFrozen: boolean;
}

/**
 * @param x_BLD not disposed
 * @returns x_BLD after the layer, owned by the caller
 */
export function qwen2Layer(
  x_BLD: tf.Tensor3D,
  weights: LayerWeights,
  config: Qwen2Config,
  context: LayerContext,
): tf.Tensor3D {
  const { numAttentionHeads: N, numKeyValueHeads: K, rmsNormEps, ropeTheta } = config;
  const [B, L, D] = x_BLD.shape;
  const H = D / N;
  const heads = (rows: tf.Tensor, count: number) => tf.reshape(rows, [B, L, count, H]) as tf.Tensor4D;
  const norm = (x: tf.Tensor3D, name: string) => rmsNorm(x, weights.get(`${name}.weight`) as tf.Tensor1D, rmsNormEps);
  const project = (x: tf.Tensor3D, name: string) => projectBy(x, name, weights, context.isFrozen);

  // Each half in a scope of its own: without gradients, the first half's insides are gone before the second's are made.
  const afterAttention_BLD = tf.tidy(() => {
    const normed_BLD = norm(x_BLD, 'input_layernorm');
    const rotate = (x: tf.Tensor4D) => rotaryEmbedding(x, context.positionIds_BL, ropeTheta);
    const q_BLNH = rotate(heads(project(normed_BLD, 'self_attn.q_proj'), N));
    const k_BLKH = rotate(heads(project(normed_BLD, 'self_attn.k_proj'), K));
    const v_BLKH = heads(project(normed_BLD, 'self_attn.v_proj'), K);
    const added = { k_BSKH: k_BLKH, v_BSKH: v_BLKH };
    const { k_BSKH, v_BSKH } = context.remember?.(added) ?? added;
    const attended_BLNH = causalAttention(q_BLNH, k_BSKH, v_BSKH, context.segmentIds_BL, context.keySegmentIds_BS);
    const attended_BLD = tf.reshape(attended_BLNH, [B, L, D]) as tf.Tensor3D;
    return tf.add(x_BLD, project(attended_BLD, 'self_attn.o_proj')) as tf.Tensor3D;
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
