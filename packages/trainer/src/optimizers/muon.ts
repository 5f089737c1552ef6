/**
 * Muon: momentum whose matrix is made orthogonal before the step, so that every direction of a weight matrix moves equally far.
 *
 * Source: Jordan et al. 2024 (kellerjordan.github.io/posts/muon); `torch.optim.Muon`. Nesterov momentum as there: an exponential mean.
 * Differs: float32 Newton-Schulz. It is for two-dimensional hidden weights: pair it with `adamw` through `partition`.
 */
import { tf } from '@marco-ts/core';
import type { Schedule } from '../schedules/schedule.ts';
import type { Optimizer } from './optimizer.ts';
import { orthogonalize } from './orthogonalize.ts';
import { updateEachParameter, zeroSlots } from './update-each-parameter.ts';

/** Rate, momentum and decay of Muon, and how its steps are scaled. */
export interface MuonOptions {
  readonly learningRate: Schedule;
  /** Default 0.95. */
  readonly momentum?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Newton-Schulz steps; default 5. */
  readonly numSteps?: number;
  /**
   * How far a matrix of R rows and C columns moves per unit of the rate: `original` sqrt(max(1, R/C)); `match-rms-adamw`
   * 0.2 sqrt(max(R, C)), so that a rate found for AdamW fits. Default `match-rms-adamw`.
   */
  readonly scaleBy?: 'original' | 'match-rms-adamw';
}

const SLOTS = ['momentum'];

/** True for the weight matrices inside the layers: what Muon is for. Embeddings and the output projection are AdamW's. */
export function isHiddenMatrix(name: string, param: tf.Tensor): boolean {
  return param.rank === 2 && !/embed|lm_head/.test(name);
}

/** @throws Error when a hyperparameter is out of range, and at `init` when a parameter is no matrix */
export function muon(options: MuonOptions): Optimizer {
  const { learningRate, momentum = 0.95, weightDecay = 0, numSteps = 5, scaleBy = 'match-rms-adamw' } = options;
  if (!(momentum >= 0 && momentum < 1))
    throw new Error(`[@marco-ts/trainer] muon: momentum must be in [0, 1), got ${momentum}. Correct it in the recipe.`);
  if (!(weightDecay >= 0))
    throw new Error(
      `[@marco-ts/trainer] muon: weightDecay must be >= 0, got ${weightDecay}. Correct it in the recipe.`,
    );
  if (!Number.isSafeInteger(numSteps) || numSteps < 1)
    throw new Error(
      `[@marco-ts/trainer] muon: numSteps must be a whole number >= 1, got ${numSteps}. Correct it in the recipe.`,
    );
  const stretch = ([rows, columns]: number[]): number =>
    scaleBy === 'original' ? Math.sqrt(Math.max(1, rows! / columns!)) : 0.2 * Math.sqrt(Math.max(rows!, columns!));

  return {
    name: 'muon',
    init(params) {
      for (const [name, param] of params) {
        if (param.rank !== 2) {
          throw new Error(
            `[@marco-ts/trainer] muon: parameters must be matrices, got [${param.shape.join(', ')}] at ${name}. Give the others to adamw through partition.`,
          );
        }
      }
      return zeroSlots(params, SLOTS);
    },
    async step(params, updates, state, step, release) {
      const rate = learningRate(step);
      const next = updateEachParameter(
        { name: 'muon', slots: SLOTS, params, updates, state, release },
        (_name, param, grad, [before]) =>
          tf.tidy(() => {
            const gradient = tf.mul(grad, updates.scale);
            const average = tf.add(before!, tf.mul(tf.sub(gradient, before!), 1 - momentum));
            const lookAhead = tf.add(gradient, tf.mul(tf.sub(average, gradient), momentum)) as tf.Tensor2D;
            const direction = orthogonalize(lookAhead, numSteps);
            const moved = tf.sub(tf.mul(param, 1 - rate * weightDecay), tf.mul(direction, rate * stretch(param.shape)));
            return { param: moved, slots: [average] };
          }) as { param: tf.Tensor; slots: tf.Tensor[] },
      );
      return { ...next, metrics: { learningRate: rate } };
    },
  };
}
