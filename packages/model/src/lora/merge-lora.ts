/**
 * Puts an adapter into the weights, and takes it out again: weight ± scale · B A.
 *
 * Source: `LoraLayer.merge` and `unmerge` of PEFT. Unmerging what was merged is exact to float32's rounding.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { HEAD, requireParam } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { adaptedWeights, checkAdapter, type LoraConfig, loraScale } from './lora-config.ts';

/** @returns new tensors under the model's names, owned by the caller; those without an adapter share the bytes of `params` */
export function mergeLora(params: ParamMap, adapter: ParamMap, config: Qwen2Config, lora: LoraConfig): ParamMap {
  checkAdapter('mergeLora', adapter, config, lora);
  return addProducts('mergeLora', params, adapter, config, lora, 1);
}

/** @returns as `mergeLora`, with the adapter taken out */
export function unmergeLora(params: ParamMap, adapter: ParamMap, config: Qwen2Config, lora: LoraConfig): ParamMap {
  checkAdapter('unmergeLora', adapter, config, lora);
  return addProducts('unmergeLora', params, adapter, config, lora, -1);
}

function addProducts(
  functionName: string,
  params: ParamMap,
  adapter: ParamMap,
  config: Qwen2Config,
  lora: LoraConfig,
  sign: 1 | -1,
): ParamMap {
  const scale = sign * loraScale(lora);
  const adapted = new Map(adaptedWeights(config, lora).map((parts) => [parts.weightName, parts]));
  if (config.tieWordEmbeddings && adapted.has(HEAD)) {
    throw modelError(
      functionName,
      `an adapter of lm_head cannot go into the embedding that a tied model shares with it, got tieWordEmbeddings true at config. Keep the adapter beside the weights, or untie the model first.`,
    );
  }
  for (const name of adapted.keys()) requireParam(functionName, params, name);
  const result = new Map<string, tf.Tensor>();
  for (const [name, tensor] of params) {
    const parts = adapted.get(name);
    if (!parts) {
      result.set(name, tf.clone(tensor));
      continue;
    }
    result.set(
      name,
      tf.tidy(() => {
        const product = tf.matMul(adapter.get(parts.b) as tf.Tensor2D, adapter.get(parts.a) as tf.Tensor2D);
        return tf.add(tensor, tf.mul(product, scale));
      }),
    );
  }
  return result;
}
