/**
 * A model with an adapter beside its weights: the same functions take it, and with `withLora` only the adapter is trained.
 *
 * Source: Hu et al. 2021, arXiv:2106.09685.
 */
import { type LossFn, type ParamMap, tf } from '@marco-ts/core';
import { HEAD, outputEmbedding } from '../qwen2/parameter-shapes.ts';
import { checkQwen2Config, type Qwen2Config } from '../qwen2/qwen2-config.ts';
import { adaptedWeights, checkAdapter, checkLoraConfig, type LoraConfig, loraScale } from './lora-config.ts';

/**
 * @param base not disposed
 * @param adapter not disposed
 * @returns one map with both, for `qwen2Hidden`, `qwen2Logits`, `tokenNll` and `generate`; its tensors are new and owned by the caller, though
 * they share the weights' bytes
 */
export function applyLora(base: ParamMap, adapter: ParamMap, config: Qwen2Config, lora: LoraConfig): ParamMap {
  checkAdapter('applyLora', adapter, config, lora);
  const given = new Set([...base.values(), ...adapter.values()]);
  const joined = joinAdapter(base, adapter, config, lora);
  return new Map([...joined].map(([name, tensor]) => [name, given.has(tensor) ? tf.clone(tensor) : tensor]));
}

/**
 * @param lossFn any loss of a Qwen2 model
 * @param base frozen; not disposed, and needed for as long as the returned loss
 * @returns the same loss as a function of the adapter's parameters only
 */
export function withLora<Batch>(
  lossFn: LossFn<Batch>,
  base: ParamMap,
  config: Qwen2Config,
  lora: LoraConfig,
): LossFn<Batch> {
  checkQwen2Config('withLora', config);
  checkLoraConfig('withLora', config, lora);
  return (adapter, batch) => {
    checkAdapter('withLora', adapter, config, lora);
    return lossFn(joinAdapter(base, adapter, config, lora), batch);
  };
}

/**
 * Every B times the scale is new and belongs to the surrounding scope, and so is the output layer where that is adapted: there the sum of
 * weight and product is made, once for all its tokens. The other tensors are those given.
 */
function joinAdapter(base: ParamMap, adapter: ParamMap, config: Qwen2Config, lora: LoraConfig): ParamMap {
  const joined = new Map([...base, ...adapter]);
  const scale = loraScale(lora);
  for (const { weightName, a, b } of adaptedWeights(config, lora)) {
    const scaled = tf.tidy(() => tf.mul(adapter.get(b)!, scale)) as tf.Tensor2D;
    joined.set(b, scaled);
    if (weightName !== HEAD) continue;
    const weight = outputEmbedding(base, config);
    joined.set(
      HEAD,
      tf.tidy(() => tf.add(weight, tf.matMul(scaled, adapter.get(a) as tf.Tensor2D))),
    );
  }
  return joined;
}
