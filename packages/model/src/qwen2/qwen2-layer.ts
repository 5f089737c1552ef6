/**
 * One decoder layer: x += attention(norm(x)); x += mlp(norm(x)).
 *
 * Source: `Qwen2DecoderLayer` in transformers (models/qwen2/modeling_qwen2.py).
 * Shapes: B batch, L query length, S key length (L, or more with a memory of earlier tokens), T = B·L tokens, D hidden, F feed-forward, N query heads,
 * K key/value heads, H head size.
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

/** Names of a linear module's tensors in `LayerWeights`. */
const linearNames = (module: string) => ({
  weight: `${module}.weight`,
  bias: `${module}.bias`,
  loraA: `${module}.lora_A.weight`,
  loraB: `${module}.lora_B.weight`,
});
type LinearNames = ReturnType<typeof linearNames>;

const QUERY = linearNames('self_attn.q_proj');
const KEY = linearNames('self_attn.k_proj');
const VALUE = linearNames('self_attn.v_proj');
const OUTPUT = linearNames('self_attn.o_proj');
const GATE = linearNames('mlp.gate_proj');
const UP = linearNames('mlp.up_proj');
const DOWN = linearNames('mlp.down_proj');

/** @returns attention of the batch's tokens to one another, for `LayerContext` */
export function packedAttention(segmentIds_BL: tf.Tensor2D): LayerContext['attend'] {
  return (q_BLNH, { k_BSKH, v_BSKH }) => causalAttention(q_BLNH, k_BSKH, v_BSKH, segmentIds_BL, segmentIds_BL);
}

/**
 * @param x_TD the batch's tokens, row after row; not disposed
 * @returns x_TD, or the tokens asked for, after the layer; owned by the caller
 */
export function qwen2Layer(
  x_TD: tf.Tensor2D,
  weights: LayerWeights,
  config: Qwen2Config,
  context: LayerContext,
): tf.Tensor2D {
  const { numAttentionHeads: N, numKeyValueHeads: K, rmsNormEps, ropeTheta } = config;
  const { asked, positionIds_BL } = context;
  const B = positionIds_BL.shape[0];
  const D = x_TD.shape[1];
  const H = D / N;
  const heads = (rows: tf.Tensor, count: number) => tf.reshape(rows, [B, -1, count, H]) as tf.Tensor4D;
  const pick = (x: tf.Tensor2D) => (asked ? (tf.gather(x, asked.rows_Q) as tf.Tensor2D) : x);
  const norm = (x: tf.Tensor2D, name: string) => rmsNorm(x, weights.get(name) as tf.Tensor1D, rmsNormEps);
  const project = (x: tf.Tensor2D, names: LinearNames) => projectBy(x, names, weights, context.isFrozen);

  // Each half in a scope of its own: without gradients, the first half's insides are gone before the second's are made.
  const afterAttention_TD = tf.tidy(() => {
    const normed_TD = norm(x_TD, 'input_layernorm.weight');
    const q_BLNH = heads(project(pick(normed_TD), QUERY), N);
    const k_BLKH = heads(project(normed_TD, KEY), K);
    const v_BLKH = heads(project(normed_TD, VALUE), K);
    const attended_BLNH = context.attend(rotaryEmbedding(q_BLNH, (asked ?? context).positionIds_BL, ropeTheta), {
      k_BSKH: rotaryEmbedding(k_BLKH, positionIds_BL, ropeTheta),
      v_BSKH: v_BLKH,
    });
    const attended_TD = tf.reshape(attended_BLNH, [-1, D]) as tf.Tensor2D;
    return tf.add(pick(x_TD), project(attended_TD, OUTPUT)) as tf.Tensor2D;
  });
  return tf.tidy(() => {
    const normed_TD = norm(afterAttention_TD, 'post_attention_layernorm.weight');
    const gated_TF = swiglu(project(normed_TD, GATE), project(normed_TD, UP));
    return tf.add(afterAttention_TD, project(gated_TF, DOWN)) as tf.Tensor2D;
  });
}

/** y = x weightᵀ + bias, and with an adapter + (x Aᵀ) Bᵀ, where B already carries the adapter's scale. */
function projectBy(x: tf.Tensor2D, names: LinearNames, weights: LayerWeights, isFrozen: boolean): tf.Tensor2D {
  const weight = weights.get(names.weight) as tf.Tensor2D;
  const bias = weights.get(names.bias) as tf.Tensor1D | undefined;
  const own = isFrozen ? frozenLinear(x, weight, bias) : linear(x, weight, bias);
  const a = weights.get(names.loraA) as tf.Tensor2D | undefined;
  const b = weights.get(names.loraB) as tf.Tensor2D | undefined;
  return a && b ? (tf.add(own, linear(linear(x, a), b)) as tf.Tensor2D) : own;
}

/** As `linear`, from operations whose gradients are taken one by one, so that those of the weight and bias are never computed. */
function frozenLinear(x_TI: tf.Tensor2D, weight_OI: tf.Tensor2D, bias_O?: tf.Tensor1D): tf.Tensor2D {
  const product_TO = tf.matMul(x_TI, weight_OI, false, true) as tf.Tensor2D;
  return bias_O ? (tf.add(product_TO, bias_O) as tf.Tensor2D) : product_TO;
}
