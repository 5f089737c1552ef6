/**
 * Preference optimisation over pairs as a loss for the one training loop: one of the losses, or a weighted sum of several.
 *
 * The reference's log-probabilities come with the batch, so that no second model is in memory; `simpo` and `orpo` need none. Loss and
 * metrics are sums over pairs; metrics have TRL's names, and loss, accuracy and margin come once more for each kind of pair.
 * Source of the sum: MPO, Wang et al. 2024, arXiv:2411.10442; of an `sft` term beside DPO: RPO, Pang et al. 2024, arXiv:2404.19733.
 * Differs from TRL's `sft` term: the mean is taken within each pair, not over the batch, so that accumulation does not change it.
 */
import { type LossFn, type LossOutput, tf } from '@marco-ts/core';
import { type Qwen2Config, tokenNll } from '@marco-ts/model';
import {
  type AnswerLogps,
  logOddsRatio,
  logSigmoid,
  meanLogps,
  needsReference,
  PREFERENCE_LOSS_TYPES,
  type PreferenceLossType,
  pairLosses,
} from './pair-losses.ts';
import type { PreferenceBatch } from './preference-batch.ts';
import { sequenceLogProbs } from './sequence-log-probs.ts';

/** The losses that are added up, and their numbers. */
export interface PreferenceLossFormula {
  /** Losses to add up; default `['sigmoid']`. */
  readonly lossTypes?: readonly PreferenceLossType[];
  /** One factor per loss; default all 1. */
  readonly lossWeights?: readonly number[];
  /** Default 0.1. */
  readonly beta?: number;
  /** Default 0; below 0.5. */
  readonly labelSmoothing?: number;
  /** Default 0.5, for `simpo`. */
  readonly simpoGamma?: number;
}

/** The loss and the model that it is of. */
export interface PreferenceLossOptions extends PreferenceLossFormula {
  readonly config: Qwen2Config;
  /** Recompute each layer in the backward pass. */
  readonly recompute?: boolean;
}

/** @throws Error for options out of range; the loss throws for a batch without reference log-probabilities where it needs them */
export function preferenceLoss({ config, recompute, ...formula }: PreferenceLossOptions): LossFn<PreferenceBatch> {
  const resolved = resolveFormula(formula);
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
  batch: Pick<PreferenceBatch, 'numPairs' | 'numTargets' | 'referenceLogps' | 'sequenceIds' | 'kinds'>,
  formula: PreferenceLossFormula,
): LossOutput {
  const { lossTypes, lossWeights, ...options } = resolveFormula(formula);
  const { numPairs, numTargets, referenceLogps, kinds } = batch;
  const comparesWithReference = lossTypes.some(needsReference);
  if (comparesWithReference && referenceLogps === undefined) {
    throw new Error(
      '[@marco-ts/aligner] preferenceLoss: a batch must carry reference log-probabilities, got none. Pass `reference` to packPreferencePairs.',
    );
  }
  const logps_S = sequenceLogProbs(nll_BL, batch.sequenceIds, 2 * numPairs);
  const ratios_S = referenceLogps === undefined ? logps_S : tf.sub(logps_S, tf.tensor1d(referenceLogps));
  const lengths_S = tf.tensor1d(numTargets);
  const answers = (index: 0 | 1): AnswerLogps => {
    const half = (values: tf.Tensor): tf.Tensor1D => tf.slice(values as tf.Tensor1D, [index * numPairs], [numPairs]);
    return { logps_P: half(logps_S), ratios_P: half(ratios_S), lengths_P: half(lengths_S) };
  };
  const chosen = answers(0);
  const rejected = answers(1);
  const sum = (values: tf.Tensor): tf.Scalar => tf.sum(values);
  const losses_P = tf.addN(
    lossTypes.map((lossType, index) =>
      tf.mul(pairLosses(chosen, rejected, { ...options, lossType }), lossWeights[index]!),
    ),
  ) as tf.Tensor1D;
  // Without a reference the rewards and log-probabilities are per token, as in TRL's trainers for such losses.
  const shown = (answer: AnswerLogps): tf.Tensor1D => (comparesWithReference ? answer.logps_P : meanLogps(answer));
  const reward = (answer: AnswerLogps): tf.Tensor1D =>
    tf.mul(comparesWithReference ? answer.ratios_P : meanLogps(answer), options.beta);
  const margins_P = tf.sub(reward(chosen), reward(rejected)) as tf.Tensor1D;
  const accuracies_P = tf.step(margins_P) as tf.Tensor1D;
  const ofKinds = metricsOfKinds(kinds, {
    loss: losses_P,
    'rewards/accuracies': accuracies_P,
    'rewards/margins': margins_P,
  });
  return {
    loss: sum(losses_P),
    weight: numPairs,
    metrics: {
      'rewards/chosen': sum(reward(chosen)),
      'rewards/rejected': sum(reward(rejected)),
      'rewards/margins': sum(margins_P),
      'rewards/accuracies': sum(accuracies_P),
      'logps/chosen': sum(shown(chosen)),
      'logps/rejected': sum(shown(rejected)),
      nll_loss: sum(tf.neg(meanLogps(chosen))),
      ...(lossTypes.includes('orpo') ? oddsMetrics(chosen, rejected) : {}),
      ...ofKinds.metrics,
    },
    metricWeights: ofKinds.weights,
  };
}

function oddsMetrics(chosen: AnswerLogps, rejected: AnswerLogps): Record<string, tf.Scalar> {
  const logOdds_P = logOddsRatio(chosen, rejected);
  return { log_odds_chosen: tf.sum(logOdds_P), log_odds_ratio: tf.sum(logSigmoid(logOdds_P)) };
}

/** Each metric once per kind, such as `rewards/accuracies/truncated`, as sums over the pairs of that kind. */
function metricsOfKinds(kinds: readonly string[], metrics: Readonly<Record<string, tf.Tensor1D>>) {
  const sums: Record<string, tf.Scalar> = {};
  const weights: Record<string, number> = {};
  for (const kind of new Set(kinds)) {
    const isOfKind = tf.tensor1d(kinds.map((other) => (other === kind ? 1 : 0)));
    for (const [name, values_P] of Object.entries(metrics)) {
      sums[`${name}/${kind}`] = tf.sum(tf.mul(values_P, isOfKind));
      weights[`${name}/${kind}`] = kinds.filter((other) => other === kind).length;
    }
  }
  return { metrics: sums, weights };
}

function resolveFormula(formula: PreferenceLossFormula): Required<PreferenceLossFormula> {
  const { lossTypes = ['sigmoid'], beta = 0.1, labelSmoothing = 0, simpoGamma = 0.5 } = formula;
  const { lossWeights = lossTypes.map(() => 1) } = formula;
  const refuse = (field: string, rule: string, got: unknown): never => {
    throw new Error(
      `[@marco-ts/aligner] preferenceLoss: ${field} must be ${rule}, got ${JSON.stringify(got) ?? 'nothing'}. Correct it in the recipe.`,
    );
  };
  const isKnown = lossTypes.length > 0 && lossTypes.every((name) => PREFERENCE_LOSS_TYPES.includes(name));
  if (!isKnown) refuse('lossTypes', `some of ${PREFERENCE_LOSS_TYPES.join(', ')}`, lossTypes);
  if (lossWeights.length !== lossTypes.length || !lossWeights.every((weight) => weight >= 0 && Number.isFinite(weight)))
    refuse('lossWeights', `${lossTypes.length} numbers >= 0, one per loss`, lossWeights);
  if (!(beta > 0 && Number.isFinite(beta))) refuse('beta', '> 0', beta);
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) refuse('labelSmoothing', 'in [0, 0.5)', labelSmoothing);
  const smooths = lossTypes.some((name) => name === 'sigmoid' || name === 'robust' || name === 'simpo');
  if (labelSmoothing > 0 && !smooths)
    refuse('labelSmoothing', `0 for ${lossTypes.join(', ')}, which has no use for it`, labelSmoothing);
  if (!(simpoGamma >= 0 && Number.isFinite(simpoGamma))) refuse('simpoGamma', '>= 0', simpoGamma);
  return { lossTypes, lossWeights, beta, labelSmoothing, simpoGamma };
}
