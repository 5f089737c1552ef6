/**
 * Hidden states of tokens that come after others whose keys and values are at hand: a text read once serves many that go on from it.
 *
 * Source: the memory of `Qwen2Attention` in transformers (`past_key_values`).
 * Shapes: B batch, L new tokens, P earlier tokens, K key/value heads, H head size, D hidden.
 */
import { embedding, type ParamMap, rmsNorm, tf } from '@marco-ts/core';
import { EMBEDDING, FINAL_NORM, requireParam } from './parameter-shapes.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { isAdapted, layerWeights, type Qwen2Inputs } from './qwen2-hidden.ts';
import { type KeyValues, qwen2Layer } from './qwen2-layer.ts';

/** What was read before: P tokens a row, by their segments, keys and values. */
export interface EarlierTokens {
  /** [B, P] int32; -1 is padding, which no token sees; not disposed */
  readonly segmentIds_BP: tf.Tensor2D;
  /** Keys and values [B, P, K, H] of a layer, made for this call, which disposes them. */
  readonly keyValues: (layer: number) => KeyValues;
}

/** What the new tokens came to, and the keys and values that a later call may come after; owned by the caller. */
export interface HiddenAndKeyValues {
  readonly hidden_BLD: tf.Tensor3D;
  /** of the new tokens alone, one per layer */
  readonly keyValues: readonly KeyValues[];
}

/**
 * @param inputs new tokens, padded on the right; positions go on from the earlier ones; not disposed
 * @param options `keep`: whether keys and values of the new tokens are wanted; without it `keyValues` is empty
 * @returns all owned by the caller
 */
export function qwen2HiddenAfter(
  params: ParamMap,
  config: Qwen2Config,
  inputs: Qwen2Inputs,
  { earlier, keep = false }: { readonly earlier?: EarlierTokens | undefined; readonly keep?: boolean } = {},
): HiddenAndKeyValues {
  const { inputIds_BL, positionIds_BL, segmentIds_BL } = inputs;
  const isFrozen = isAdapted(params);
  const [hidden_BLD, ...kept] = tf.tidy(() => {
    const keySegmentIds_BS = earlier
      ? (tf.concat([earlier.segmentIds_BP, segmentIds_BL], 1) as tf.Tensor2D)
      : segmentIds_BL;
    const own: tf.Tensor4D[] = [];
    let x_BLD = embedding(inputIds_BL, requireParam('qwen2HiddenAfter', params, EMBEDDING) as tf.Tensor2D);
    for (let layer = 0; layer < config.numHiddenLayers; layer++) {
      const weights = layerWeights('qwen2HiddenAfter', params, layer, isFrozen);
      const [next, ...keyValues] = tf.tidy(() => {
        const copies: tf.Tensor4D[] = [];
        const remember = (newest: KeyValues): KeyValues => {
          // The layer's scope ends before this one: copies are held past it, and handed to the caller's scope below.
          if (keep) copies.push(tf.keep(tf.clone(newest.k_BSKH)), tf.keep(tf.clone(newest.v_BSKH)));
          if (!earlier) return newest;
          const past = earlier.keyValues(layer);
          return {
            k_BSKH: tf.concat([past.k_BSKH, newest.k_BSKH], 1),
            v_BSKH: tf.concat([past.v_BSKH, newest.v_BSKH], 1),
          };
        };
        const context = { positionIds_BL, segmentIds_BL, keySegmentIds_BS, remember, isFrozen };
        const after_BLD = qwen2Layer(x_BLD, weights, config, context);
        const handed = copies.map((copy) => tf.clone(copy));
        tf.dispose(copies);
        return [after_BLD, ...handed];
      });
      x_BLD.dispose();
      x_BLD = next as tf.Tensor3D;
      own.push(...(keyValues as tf.Tensor4D[]));
    }
    const scale_D = requireParam('qwen2HiddenAfter', params, FINAL_NORM) as tf.Tensor1D;
    return [rmsNorm(x_BLD, scale_D, config.rmsNormEps), ...own];
  });
  return { hidden_BLD: hidden_BLD as tf.Tensor3D, keyValues: pairs(kept as tf.Tensor4D[]) };
}

function pairs(tensors: readonly tf.Tensor4D[]): KeyValues[] {
  return Array.from({ length: tensors.length / 2 }, (_, layer) => ({
    k_BSKH: tensors[2 * layer]!,
    v_BSKH: tensors[2 * layer + 1]!,
  }));
}
