/**
 * The preference losses as formulas over log-probabilities, one value per pair.
 *
 * Source: Rafailov et al. 2023, arXiv:2305.18290 (sigmoid); Mitchell 2023, "A note on DPO with noisy preferences" (sigmoid with label
 * smoothing); Zhao et al. 2023, arXiv:2305.10425 (hinge); Azar et al. 2023, arXiv:2310.12036 (ipo, on means per token as in TRL);
 * Chowdhury et al. 2024, arXiv:2403.00409 (robust); Meng et al. 2024, arXiv:2405.14734 (simpo); Hong et al. 2024, arXiv:2403.07691 (orpo).
 * Values and gradients equal TRL's `DPOTrainer`, `CPOTrainer` (simpo) and `ORPOTrainer`.
 * Differs: the nll in `orpo` and `sft` is the mean over each chosen answer, not over the batch (nor over the prompt, as in TRL's ORPO).
 * Shapes: P pairs. Units: nats.
 */
import { tf } from '@marco-ts/core';

/** `sft` is the chosen answer's nll, a term to add to others. */
export const PREFERENCE_LOSS_TYPES = ['sigmoid', 'hinge', 'ipo', 'robust', 'simpo', 'orpo', 'sft'] as const;

/** One of `PREFERENCE_LOSS_TYPES`, by TRL's names. */
export type PreferenceLossType = (typeof PREFERENCE_LOSS_TYPES)[number];

const REFERENCE_FREE: readonly PreferenceLossType[] = ['simpo', 'orpo', 'sft'];

/** @returns whether the loss compares with a frozen reference model */
export function needsReference(lossType: PreferenceLossType): boolean {
  return !REFERENCE_FREE.includes(lossType);
}

/** Which loss, and its numbers; each counts for the losses that know it. */
export interface PairLossOptions {
  readonly lossType: PreferenceLossType;
  /** Strength of the pull towards the reference; scale of the rewards for `simpo`, weight of the odds ratio for `orpo`. */
  readonly beta: number;
  /** Share of pairs that are believed to be the wrong way round, in [0, 0.5); for `sigmoid`, `robust` and `simpo`. */
  readonly labelSmoothing: number;
  /** Margin that `simpo` asks for between the rewards. */
  readonly simpoGamma: number;
}

/** One answer of every pair. */
export interface AnswerLogps {
  /** [P] log-probability under the policy */
  readonly logps_P: tf.Tensor1D;
  /** [P] the same minus that under the reference; for losses that need one */
  readonly ratios_P: tf.Tensor1D;
  /** [P] tokens of the answers */
  readonly lengths_P: tf.Tensor1D;
}

/** @returns [P] loss of each pair, owned by the caller */
export function pairLosses(chosen: AnswerLogps, rejected: AnswerLogps, options: PairLossOptions): tf.Tensor1D {
  const { lossType, beta, labelSmoothing, simpoGamma } = options;
  return tf.tidy(() => {
    switch (lossType) {
      case 'sft':
        return tf.neg(meanLogps(chosen));
      case 'orpo':
        return tf.sub(tf.mul(softplus(tf.neg(logOddsRatio(chosen, rejected))), beta), meanLogps(chosen));
      case 'simpo': {
        const margin = tf.mul(tf.sub(meanLogps(chosen), meanLogps(rejected)), beta);
        return smoothed(tf.sub(margin, simpoGamma), labelSmoothing);
      }
      case 'ipo': {
        const means = [chosen, rejected].map(({ ratios_P, lengths_P }) => tf.div(ratios_P, lengths_P));
        return tf.square(tf.sub(tf.sub(means[0]!, means[1]!), 1 / (2 * beta)));
      }
      default: {
        const scaled = tf.mul(tf.sub(chosen.ratios_P, rejected.ratios_P), beta);
        if (lossType === 'hinge') return tf.relu(tf.sub(1, scaled));
        if (lossType === 'sigmoid') return smoothed(scaled, labelSmoothing);
        const clean = tf.mul(softplus(tf.neg(scaled)), 1 - labelSmoothing);
        return tf.div(tf.sub(clean, tf.mul(softplus(scaled), labelSmoothing)), 1 - 2 * labelSmoothing);
      }
    }
  }) as tf.Tensor1D;
}

/** @returns [P] log-probability per token of each answer */
export function meanLogps({ logps_P, lengths_P }: AnswerLogps): tf.Tensor1D {
  return tf.div(logps_P, lengths_P);
}

/** @returns [P] log of how many times likelier the odds of the chosen answer are, by mean probability per token */
export function logOddsRatio(chosen: AnswerLogps, rejected: AnswerLogps): tf.Tensor1D {
  const odds = [chosen, rejected].map((answer) => {
    const mean_P = meanLogps(answer);
    return tf.sub(mean_P, logOneMinusExp(mean_P));
  });
  return tf.sub(odds[0]!, odds[1]!) as tf.Tensor1D;
}

/** -log sigmoid, of both directions where labels are doubted. */
function smoothed(margin: tf.Tensor, labelSmoothing: number): tf.Tensor {
  const clean = tf.mul(softplus(tf.neg(margin)), 1 - labelSmoothing);
  return labelSmoothing === 0 ? clean : tf.add(clean, tf.mul(softplus(margin), labelSmoothing));
}

/** @returns log(1 / (1 + exp(-x))), without overflow */
export function logSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.neg(softplus(tf.neg(x)));
}

/** log(1 + exp(x)) = -log sigmoid(-x), without overflow, from operations that every backend differentiates. */
function softplus(x: tf.Tensor): tf.Tensor {
  const positive = tf.relu(x);
  const minusAbsolute = tf.sub(x, tf.mul(positive, 2));
  return tf.add(positive, tf.log(tf.add(tf.exp(minusAbsolute), 1)));
}

/** Above this, 1 - exp(x) loses digits and its series does not. */
const SERIES_ABOVE = -0.1;

/** log(1 - exp(x)) for x < 0. */
function logOneMinusExp(x: tf.Tensor): tf.Tensor {
  const isNear = tf.step(tf.sub(x, SERIES_ABOVE));
  const near = tf.relu(tf.sub(x, SERIES_ABOVE));
  const inside = tf.add(near, SERIES_ABOVE);
  let series: tf.Tensor = tf.onesLike(x);
  for (let order = 7; order >= 2; order--) series = tf.add(tf.mul(series, tf.div(inside, order)), 1);
  const byExp = tf.mul(tf.sub(1, tf.exp(x)), tf.sub(1, isNear));
  return tf.log(tf.add(tf.mul(tf.mul(tf.neg(inside), series), isNear), byExp));
}
