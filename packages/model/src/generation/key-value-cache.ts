/**
 * The keys and values of all tokens so far, and the forward pass that adds tokens to them and gives the logits of the last.
 *
 * Shapes: B rows, L new tokens, S all tokens, K key/value heads, H head size, V vocabulary.
 */
import { embedding, linear, type ParamMap, rmsNorm, tf } from '@marco-ts/core';
import { EMBEDDING, FINAL_NORM, outputEmbedding, requireParam } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { isAdapted, layerWeights } from '../qwen2/qwen2-hidden.ts';
import { type KeyValues, qwen2Layer } from '../qwen2/qwen2-layer.ts';

export interface KeyValueCache {
  /** One per layer. */
  readonly layers: readonly KeyValues[];
  /** [B, S] in row-major order; -1 is padding. */
  readonly segmentIds: Int32Array;
}

/** New tokens, [B, L] each. */
export interface NewTokens {
  readonly batchSize: number;
  readonly inputIds: Int32Array;
  readonly positionIds: Int32Array;
  readonly segmentIds: Int32Array;
}

export function disposeCache(cache: KeyValueCache): void {
  for (const { k_BSKH, v_BSKH } of cache.layers) {
    k_BSKH.dispose();
    v_BSKH.dispose();
  }
}

/**
 * @param cache what came before; not disposed
 * @returns the logits [B, V] after the last new token and the longer cache, both owned by the caller
 */
export function extendCache(
  params: ParamMap,
  config: Qwen2Config,
  cache: KeyValueCache | null,
  tokens: NewTokens,
): { readonly logits_BV: tf.Tensor2D; readonly cache: KeyValueCache } {
  const { batchSize: B } = tokens;
  const L = tokens.inputIds.length / B;
  const segmentIds = joinColumns(cache?.segmentIds, tokens.segmentIds, B);
  const layers: KeyValues[] = [];
  const isFrozen = isAdapted(params);
  try {
    const logits_BV = tf.tidy(() => {
      const context = {
        positionIds_BL: tf.tensor2d(tokens.positionIds, [B, L], 'int32'),
        segmentIds_BL: tf.tensor2d(tokens.segmentIds, [B, L], 'int32'),
        keySegmentIds_BS: tf.tensor2d(segmentIds, [B, segmentIds.length / B], 'int32'),
        isFrozen,
      };
      const table_VD = requireParam('generate', params, EMBEDDING) as tf.Tensor2D;
      let x_BLD = embedding(tf.tensor2d(tokens.inputIds, [B, L], 'int32'), table_VD);
      for (let i = 0; i < config.numHiddenLayers; i++) {
        const weights = layerWeights('generate', params, i, isFrozen);
        const output = tf.tidy(() => ({ ...qwen2Layer(x_BLD, weights, config, context, cache?.layers[i]) }));
        x_BLD.dispose();
        x_BLD = output.x_BLD;
        layers.push({ k_BSKH: tf.keep(output.k_BSKH), v_BSKH: tf.keep(output.v_BSKH) });
      }
      const last_B1D = tf.slice(x_BLD, [0, L - 1, 0], [B, 1, config.hiddenSize]) as tf.Tensor3D;
      const hidden_B1D = rmsNorm(
        last_B1D,
        requireParam('generate', params, FINAL_NORM) as tf.Tensor1D,
        config.rmsNormEps,
      );
      const hidden_BD = tf.reshape(hidden_B1D, [B, config.hiddenSize]) as tf.Tensor2D;
      return linear(hidden_BD, outputEmbedding(params, config));
    });
    return { logits_BV, cache: { layers, segmentIds } };
  } catch (error) {
    disposeCache({ layers, segmentIds });
    throw error;
  }
}

/** @returns a cache of the given rows only, owned by the caller */
export function selectRows(cache: KeyValueCache, batchSize: number, rows: readonly number[]): KeyValueCache {
  const S = cache.segmentIds.length / batchSize;
  const segmentIds = new Int32Array(rows.length * S);
  for (const [i, row] of rows.entries()) segmentIds.set(cache.segmentIds.subarray(row * S, (row + 1) * S), i * S);
  const indices = tf.tensor1d([...rows], 'int32');
  const layers = cache.layers.map(({ k_BSKH, v_BSKH }) => ({
    k_BSKH: tf.gather(k_BSKH, indices) as tf.Tensor4D,
    v_BSKH: tf.gather(v_BSKH, indices) as tf.Tensor4D,
  }));
  indices.dispose();
  return { layers, segmentIds };
}

/** [B, S] and [B, L] side by side. */
function joinColumns(past: Int32Array | undefined, present: Int32Array, B: number): Int32Array {
  if (!past) return present;
  const S = past.length / B;
  const L = present.length / B;
  const joined = new Int32Array(past.length + present.length);
  for (let row = 0; row < B; row++) {
    joined.set(past.subarray(row * S, (row + 1) * S), row * (S + L));
    joined.set(present.subarray(row * L, (row + 1) * L), row * (S + L) + S);
  }
  return joined;
}
