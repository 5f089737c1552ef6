/**
 * The preference losses as formulas over log-probabilities, one value per pair.
 *
 * Source: Rafailov et al. 2023, arXiv:2305.18290 (sigmoid); Mitchell 2023, "A note on DPO with noisy preferences" (sigmoid with label
 * smoothing); Zhao et al. 2023, arXiv:2305.10425 (hinge); Azar et al. 2023, arXiv:2310.12036 (ipo, on means per token as in TRL);
 * Chowdhury et al. 2024, arXiv:2403.00409 (robust). Values and gradients equal TRL's `DPOTrainer`.
 * Shapes: P pairs. Units: nats.
 */
import { tf } from '@marco-ts/core';

export type PreferenceLossType = 'sigmoid' | 'hinge' | 'ipo' | 'robust';

export interface PairLossOptions {
  readonly lossType: PreferenceLossType;
  /** Strength of the pull towards the reference. */
  readonly beta: number;
  /** Share of pairs that are believed to be the wrong way round, in [0, 0.5); for `sigmoid` and `robust`. */
  readonly labelSmoothing: number;
}

export interface PairLogRatios {
  /** [P] log-probability under the policy minus that under the reference */
  readonly chosen_P: tf.Tensor1D;
  readonly rejected_P: tf.Tensor1D;
  /** [P] tokens of the answers, for `ipo` */
  readonly chosenLength_P: tf.Tensor1D;
  readonly rejectedLength_P: tf.Tensor1D;
}

/** @returns [P] loss of each pair, owned by the caller */
export function pairLosses(ratios: PairLogRatios, { lossType, beta, labelSmoothing }: PairLossOptions): tf.Tensor1D {
  const { chosen_P, rejected_P, chosenLength_P, rejectedLength_P } = ratios;
  return tf.tidy(() => {
    if (lossType === 'ipo') {
      const delta = tf.sub(tf.div(chosen_P, chosenLength_P), tf.div(rejected_P, rejectedLength_P));
      return tf.square(tf.sub(delta, 1 / (2 * beta)));
    }
    const scaled = tf.mul(tf.sub(chosen_P, rejected_P), beta);
    if (lossType === 'hinge') return tf.relu(tf.sub(1, scaled));
    const clean = tf.mul(softplus(tf.neg(scaled)), 1 - labelSmoothing);
    if (labelSmoothing === 0) return clean;
    const flipped = tf.mul(softplus(scaled), labelSmoothing);
    if (lossType === 'sigmoid') return tf.add(clean, flipped);
    return tf.div(tf.sub(clean, flipped), 1 - 2 * labelSmoothing);
  }) as tf.Tensor1D;
}

/** log(1 + exp(x)) = -log sigmoid(-x), without overflow, from operations that every backend differentiates. */
function softplus(x: tf.Tensor): tf.Tensor {
  const positive = tf.relu(x);
  const minusAbsolute = tf.sub(x, tf.mul(positive, 2));
  return tf.add(positive, tf.log(tf.add(tf.exp(minusAbsolute), 1)));
}
