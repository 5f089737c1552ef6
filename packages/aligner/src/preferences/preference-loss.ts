/**
 * Direct preference optimisation and its kin as a loss for the one training loop.
 *
 * The reference's log-probabilities come with the batch, so that no second model is in memory. Loss and metrics are sums over pairs;
 * metrics have TRL's names. `sftWeight` adds the chosen answer's mean nll per token, per pair: RPO, Pang et al. 2024, arXiv:2404.19733.
 * Differs from TRL's `sft` term: the mean is taken within each pair, not over the batch, so that accumulation does not change it.
 */
import { type LossFn, type LossOutput, tf } from '@marco-ts/core';
import { type Qwen2Config, tokenNll } from '@marco-ts/model';
import { type PairLossOptions, type PreferenceLossType, pairLosses } from './pair-losses.ts';
import type { PreferenceBatch } from './preference-batch.ts';
import { sequenceLogProbs } from './sequence-log-probs.ts';

export interface PreferenceLossOptions {
  readonly config: Qwen2Config;
  readonly lossType?: PreferenceLossType;
  /** Default 0.1. */
  readonly beta?: number;
  /** Default 0; below 0.5. */
  readonly labelSmoothing?: number;
  /** Weight of the chosen answer's nll; default 0. */
  readonly sftWeight?: number;
  /** Recompute each layer in the backward pass. */
  readonly recompute?: boolean;
}

/** @throws Error for options out of range; the loss throws for a batch without reference log-probabilities */
export function preferenceLoss(options: PreferenceLossOptions): LossFn<PreferenceBatch> {
  const { config, lossType = 'sigmoid', beta = 0.1, labelSmoothing = 0, sftWeight = 0, recompute } = options;
  const resolved = { lossType, beta, labelSmoothing, sftWeight };
  requireOptions(resolved);
  return (params, batch) => {
    const nll_BL = tokenNll(params, config, batch, recompute === undefined ? {} : { recompute });
    return preferenceOutput(nll_BL, batch, resolved);
  };
}

/**
 * The loss from the policy's token losses on.
 *
 * @param nll_BL as `tokenNll` gives it; not disposed
 * @returns scalars that belong to the surrounding scope
 */
export function preferenceOutput(
  nll_BL: tf.Tensor,
  batch: Pick<PreferenceBatch, 'numPairs' | 'numTargets' | 'referenceLogps' | 'sequenceIds'>,
  options: PairLossOptions & { readonly sftWeight: number },
): LossOutput {
  const { numPairs, numTargets, referenceLogps } = batch;
  const { beta, sftWeight } = options;
  if (referenceLogps === undefined) {
    throw new Error(
      '[@marco-ts/aligner] preferenceLoss: a batch must carry reference log-probabilities, got none. Pass `reference` to packPreferencePairs.',
    );
  }
  const logps_S = sequenceLogProbs(nll_BL, batch.sequenceIds, 2 * numPairs);
  const lengths_S = tf.tensor1d(numTargets);
  const ratios_S: tf.Tensor1D = tf.sub(logps_S, tf.tensor1d(referenceLogps));
  const half = (values: tf.Tensor1D, index: 0 | 1): tf.Tensor1D => tf.slice(values, [index * numPairs], [numPairs]);
  const sum = (values: tf.Tensor): tf.Scalar => tf.sum(values);
  const chosen_P = half(ratios_S, 0);
  const rejected_P = half(ratios_S, 1);
  const chosenLength_P = half(lengths_S, 0);
  const loss = sum(pairLosses({ chosen_P, rejected_P, chosenLength_P, rejectedLength_P: half(lengths_S, 1) }, options));
  const chosenNll = sum(tf.neg(tf.div(half(logps_S, 0), chosenLength_P)));
  const margins_P = tf.mul(tf.sub(chosen_P, rejected_P), beta);
  return {
    loss: sftWeight === 0 ? loss : tf.add(loss, tf.mul(chosenNll, sftWeight)),
    weight: numPairs,
    metrics: {
      'rewards/chosen': sum(tf.mul(chosen_P, beta)),
      'rewards/rejected': sum(tf.mul(rejected_P, beta)),
      'rewards/margins': sum(margins_P),
      'rewards/accuracies': sum(tf.step(margins_P)),
      'logps/chosen': sum(half(logps_S, 0)),
      'logps/rejected': sum(half(logps_S, 1)),
      nll_loss: chosenNll,
    },
  };
}

function requireOptions(values: {
  lossType: PreferenceLossType;
  beta: number;
  labelSmoothing: number;
  sftWeight: number;
}): void {
  const refuse = (field: string, rule: string, got: unknown): never => {
    throw new Error(
      `[@marco-ts/aligner] preferenceLoss: ${field} must be ${rule}, got ${String(got)}. Correct it in the recipe.`,
    );
  };
  const { lossType, beta, labelSmoothing, sftWeight } = values;
  if (!['sigmoid', 'hinge', 'ipo', 'robust'].includes(lossType))
    refuse('lossType', 'sigmoid, hinge, ipo or robust', lossType);
  if (!(beta > 0 && Number.isFinite(beta))) refuse('beta', '> 0', beta);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) refuse('labelSmoothing', 'in [0, 0.5)', labelSmoothing);
  if (labelSmoothing > 0 && (lossType === 'hinge' || lossType === 'ipo'))
    refuse('labelSmoothing', `0 for ${lossType}, which has no use for it`, labelSmoothing);
  if (!(sftWeight >= 0 && Number.isFinite(sftWeight))) refuse('sftWeight', '>= 0', sftWeight);
}
