/**
 * A new adapter, which changes nothing yet: A is random, B is zero.
 *
 * Source: `LoraLayer.reset_lora_parameters` of PEFT: Kaiming-uniform A with a = √5, that is even in ±1/√in.
 * Differs: each A draws from its own stream, chosen by the seed and its name.
 */
import { createRandom, type ParamMap, tf } from '@marco-ts/core';
import { checkQwen2Config, type Qwen2Config } from '../qwen2/qwen2-config.ts';
import { adaptedWeights, checkLoraConfig, type LoraConfig } from './lora-config.ts';

/** Parameters of an adapter, before there is one. */
export function countLoraParams(config: Qwen2Config, lora: LoraConfig): number {
  checkLoraConfig('countLoraParams', config, lora);
  return adaptedWeights(config, lora).reduce((sum, { aShape, bShape }) => sum + lora.rank * (aShape[1] + bShape[0]), 0);
}

/** @returns new tensors under PEFT's names, owned by the caller */
export function initLoraParams(config: Qwen2Config, lora: LoraConfig, seed: number | string): ParamMap {
  checkQwen2Config('initLoraParams', config);
  checkLoraConfig('initLoraParams', config, lora);
  const random = createRandom(seed);
  const adapter = new Map<string, tf.Tensor>();
  for (const { a, b, aShape, bShape } of adaptedWeights(config, lora)) {
    const stream = random.fork(a);
    const bound = 1 / Math.sqrt(aShape[1]);
    const values = Float32Array.from({ length: aShape[0] * aShape[1] }, () => (2 * stream.uniform() - 1) * bound);
    adapter.set(a, tf.tensor(values, [...aShape]));
    adapter.set(b, tf.zeros([...bShape]));
  }
  return adapter;
}
