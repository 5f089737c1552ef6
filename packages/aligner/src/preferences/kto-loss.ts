/**
 * Kahneman-Tversky optimisation as a loss for the one training loop: answers that are good or bad, without partners.
 *
 * Source: Ethayarajh et al. 2024, arXiv:2402.01306; values, gradients and metrics equal TRL's `KTOTrainer`. The batch's second half of
 * sequences, prompts with the answers of others, measures how far the policy is from the reference (`kl`); no gradient flows through it.
 * Differs: the loss depends on a micro-batch's own `kl`, as in TRL, so accumulation is not exactly the big batch.
 */
import { type LossFn, type LossOutput, tf } from '@marco-ts/core';
import { type Qwen2Config, tokenNll } from '@marco-ts/model';
import type { PreferenceBatch } from './preference-batch.ts';
import { sequenceLogProbs } from './sequence-log-probs.ts';

/** The numbers of the KTO loss. */
export interface KtoFormula {
  /** Default 0.1. */
  readonly beta?: number;
  /** Factor of the good answers' losses; default 1. */
  readonly desirableWeight?: number;
  /** Factor of the bad answers' losses; default 1. */
  readonly undesirableWeight?: number;
}

/** The loss and the model that it is of. */
export interface KtoLossOptions extends KtoFormula {
  readonly config: Qwen2Config;
  readonly recompute?: boolean;
}

/** @throws Error for options out of range; the loss throws for a batch without reference log-probabilities or labels */
export function ktoLoss({ config, recompute, ...formula }: KtoLossOptions): LossFn<PreferenceBatch> {
  for (const [field, value] of Object.entries(formula)) {
    if (!(value >= 0 && Number.isFinite(value)) || (field === 'beta' && value === 0)) {
      throw new Error(
        `[@marco-ts/aligner] ktoLoss: ${field} must be a number above 0, got ${value}. Correct it in the recipe.`,
      );
    }
  }
  return (params, batch) =>
    ktoOutput(tokenNll(params, config, batch, recompute === undefined ? {} : { recompute }), batch, formula);
}

/**
 * The loss from the policy's token losses on.
 *
 * @param nll_BL as `tokenNll` gives it; not disposed
 * @returns scalars that belong to the surrounding scope
 */
export function ktoOutput(
  nll_BL: tf.Tensor,
  batch: Pick<PreferenceBatch, 'numPairs' | 'referenceLogps' | 'sequenceIds' | 'isDesirable'>,
  { beta = 0.1, desirableWeight = 1, undesirableWeight = 1 }: KtoFormula,
): LossOutput {
  const { numPairs: numAnswers, referenceLogps, sequenceIds, isDesirable } = batch;
  if (referenceLogps === undefined || isDesirable === undefined) {
    throw new Error(
      '[@marco-ts/aligner] ktoLoss: a batch must carry reference log-probabilities and labels, got none. Encode with encodeUnpairedAnswers and pass `reference`.',
    );
  }
  const logps_S = sequenceLogProbs(nll_BL, sequenceIds, 2 * numAnswers);
  const ratios_S = tf.sub(logps_S, tf.tensor1d(referenceLogps)) as tf.Tensor1D;
  const half = (values: tf.Tensor1D, index: 0 | 1) => tf.slice(values, [index * numAnswers], [numAnswers]);
  const ratios_N = half(ratios_S, 0);
  const kl = tf.relu(tf.mean(stopGradient(half(ratios_S, 1)))) as tf.Scalar;
  const good_N = tf.tensor1d(isDesirable, 'float32');
  const bad_N = tf.sub(1, good_N);
  // 1 - sigmoid(b (ratio - kl)) for good answers, 1 - sigmoid(b (kl - ratio)) for bad ones.
  const direction_N = tf.sub(tf.mul(good_N, 2), 1);
  const losses_N = tf.sub(1, tf.sigmoid(tf.mul(tf.mul(tf.sub(ratios_N, kl), beta), direction_N)));
  const weights_N = tf.add(tf.mul(good_N, desirableWeight), tf.mul(bad_N, undesirableWeight));

  const numGood = isDesirable.reduce((total, label) => total + label, 0);
  const numOf = { chosen: numGood, rejected: numAnswers - numGood };
  const maskOf = { chosen: good_N, rejected: bad_N };
  const metrics: Record<string, tf.Scalar> = { kl: tf.mul(kl, numAnswers) };
  const metricWeights: Record<string, number> = {};
  for (const side of ['chosen', 'rejected'] as const) {
    if (numOf[side] === 0) continue;
    metrics[`rewards/${side}`] = tf.sum(tf.mul(tf.mul(ratios_N, beta), maskOf[side]));
    metrics[`logps/${side}`] = tf.sum(tf.mul(half(logps_S, 0), maskOf[side]));
    metricWeights[`rewards/${side}`] = metricWeights[`logps/${side}`] = numOf[side];
  }
  if (numOf.chosen > 0 && numOf.rejected > 0) {
    const means = (['chosen', 'rejected'] as const).map((side) => tf.div(metrics[`rewards/${side}`]!, numOf[side]));
    metrics['rewards/margins'] = tf.mul(tf.sub(means[0]!, means[1]!), numAnswers);
  }
  return { loss: tf.sum(tf.mul(losses_N, weights_N)), weight: numAnswers, metrics, metricWeights };
}

function stopGradient(values: tf.Tensor1D): tf.Tensor1D {
  return tf.customGrad((input) => ({
    value: tf.clone(input as tf.Tensor),
    gradFunc: (gradient: tf.Tensor) => tf.zerosLike(gradient),
  }))(values) as tf.Tensor1D;
}
