/**
 * Random initial parameters: normal weights, zero biases, norms of one.
 *
 * Source: `Qwen2PreTrainedModel._init_weights` in transformers.
 * Differs: each parameter draws from its own stream, chosen by the seed and its name, so that its values depend on nothing else.
 */
import { createRandom, type ParamMap, tf } from '@marco-ts/core';
import { parameterShapes } from './parameter-shapes.ts';
import { checkQwen2Config, type Qwen2Config } from './qwen2-config.ts';

/** @returns new tensors, owned by the caller */
export function initQwen2Params(config: Qwen2Config, seed: number | string): ParamMap {
  checkQwen2Config('initQwen2Params', config);
  const random = createRandom(seed);
  const params = new Map<string, tf.Tensor>();
  for (const [name, shape] of parameterShapes(config)) {
    const size = shape.reduce((product, length) => product * length, 1);
    let values: Float32Array;
    if (name.endsWith('.bias')) values = new Float32Array(size);
    else if (name.endsWith('norm.weight')) values = new Float32Array(size).fill(1);
    else values = random.fork(name).normalArray(size, { standardDeviation: config.initializerRange });
    params.set(name, tf.tensor(values, shape));
  }
  return params;
}
