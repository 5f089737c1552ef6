/**
 * The forward pass of generation: reads new tokens, remembers their keys and values, and gives the logits after the last.
 *
 * Shapes: B rows, L new tokens, T = B·L tokens of all rows, D hidden, V vocabulary.
 */
import { causalAttention, embedding, linear, type ParamMap, rmsNorm, tf } from '@marco-ts/core';
import { EMBEDDING, FINAL_NORM, outputEmbedding, requireParam } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { isAdapted, layerWeights } from '../qwen2/qwen2-hidden.ts';
import { type LayerContext, qwen2Layer } from '../qwen2/qwen2-layer.ts';
import type { KeyValueCache } from './key-value-cache.ts';

/** New tokens, [B, L] each. */
export interface NewTokens {
  readonly batchSize: number;
  readonly inputIds: Int32Array;
  readonly positionIds: Int32Array;
  readonly segmentIds: Int32Array;
}

/**
 * @param cache what came before; holds the new tokens as well afterwards
 * @returns the logits [B, V] after the last new token, owned by the caller
 */
export function nextTokenLogits(
  params: ParamMap,
  config: Qwen2Config,
  cache: KeyValueCache,
  tokens: NewTokens,
): tf.Tensor2D {
  const { batchSize: B } = tokens;
  const L = tokens.inputIds.length / B;
  const keySegmentIds = cache.beginStep(tokens.segmentIds);
  const isFrozen = isAdapted(params);
  return tf.tidy(() => {
    const positionIds_BL = tf.tensor2d(tokens.positionIds, [B, L], 'int32');
    const segmentIds_BL = tf.tensor2d(tokens.segmentIds, [B, L], 'int32');
    const keySegmentIds_BS = tf.tensor2d(keySegmentIds, [B, keySegmentIds.length / B], 'int32');
    const table_VD = requireParam('generate', params, EMBEDDING) as tf.Tensor2D;
    let x_TD = embedding(tf.tensor1d(tokens.inputIds, 'int32'), table_VD);
    for (let i = 0; i < config.numHiddenLayers; i++) {
      const weights = layerWeights('generate', params, i, isFrozen);
      const attend: LayerContext['attend'] = (q_BLNH, added) => {
        const { k_BSKH, v_BSKH } = cache.append(i, added);
        return causalAttention(q_BLNH, k_BSKH, v_BSKH, segmentIds_BL, keySegmentIds_BS);
      };
      const next_TD = tf.tidy(() => qwen2Layer(x_TD, weights, config, { positionIds_BL, attend, isFrozen }));
      x_TD.dispose();
      x_TD = next_TD;
    }
    const lastOfEach_BD = L === 1 ? x_TD : lastRows(x_TD, B, L);
    const scale_D = requireParam('generate', params, FINAL_NORM) as tf.Tensor1D;
    return linear(rmsNorm(lastOfEach_BD, scale_D, config.rmsNormEps), outputEmbedding(params, config));
  });
}

/** The last of each L rows. */
function lastRows(x_TD: tf.Tensor2D, B: number, L: number): tf.Tensor2D {
  const ends = Int32Array.from({ length: B }, (_, row) => (row + 1) * L - 1);
  return tf.gather(x_TD, tf.tensor1d(ends, 'int32')) as tf.Tensor2D;
}
