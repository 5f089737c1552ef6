/**
 * The loss of language modelling: the sum of the nll of all predicted tokens, with their number as weight.
 *
 * Source: `ForCausalLMLoss` in transformers, whose mean is our loss / weight.
 * Units: nats.
 */
import { type LossFn, tf } from '@marco-ts/core';
import { checkQwen2Config, type Qwen2Config } from '../qwen2/qwen2-config.ts';
import type { Qwen2Options } from '../qwen2/qwen2-hidden.ts';
import { type CausalBatch, checkCausalBatch } from './causal-batch.ts';
import { nllOfCheckedBatch } from './token-nll.ts';

/**
 * @returns a `LossFn` whose `tokenNll_BL` holds the nll at the place of the predicting token; a batch in which nothing is predicted gives
 * loss 0 and weight 0
 */
export function causalLanguageModelLoss(config: Qwen2Config, options: Qwen2Options = {}): LossFn<CausalBatch> {
  checkQwen2Config('causalLanguageModelLoss', config);
  return (params, batch) => {
    checkCausalBatch('causalLanguageModelLoss', config, batch);
    let weight = 0;
    const { loss, tokenNll_BL } = tf.tidy(() => {
      const { nll_BL, sum, numPredicted } = nllOfCheckedBatch(params, config, batch, options, true);
      weight = numPredicted;
      return { loss: sum, tokenNll_BL: nll_BL };
    });
    return { loss, weight, metrics: {}, tokenNll_BL };
  };
}
