/**
 * AdamW: Adam with weight decay applied to the parameter itself, not to its gradient.
 *
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101; `torch.optim.AdamW` (bias-corrected moments, eps outside the root).
 * Differs: by default norms and biases do not decay; moments are keyed by parameter name.
 */
import { adamwStep } from '@marco-ts/core';
import type { Schedule } from '../schedules/schedule.ts';
import type { Optimizer } from './optimizer.ts';
import { updateEachParameter, zeroSlots } from './update-each-parameter.ts';

/** first and second moment */
const SLOTS = ['m', 'v'];

/** Rate, moments and decay of AdamW. */
export interface AdamWOptions {
  readonly learningRate: Schedule;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8, as in PyTorch (tfjs's own Adam has 1e-7). */
  readonly eps?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Which parameters decay, by name; default `decaysByDefault`. */
  readonly decayMask?: (name: string) => boolean;
}

/** True for matrices and embeddings; false for norm weights and biases. */
export function decaysByDefault(name: string): boolean {
  return !/(?:^|\.)bias$|norm\d*\.weight$/.test(name);
}

/**
 * State: `m/<parameter>` and `v/<parameter>`, as large as the parameters. Parameters without a gradient pass through unchanged.
 *
 * @throws Error when a hyperparameter is out of range
 */
export function adamw(options: AdamWOptions): Optimizer {
  const {
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    eps = 1e-8,
    weightDecay = 0,
    decayMask = decaysByDefault,
  } = options;
  for (const [field, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1))
      throw new Error(`[@marco-ts/trainer] adamw: ${field} must be in [0, 1), got ${value}. Correct it in the recipe.`);
  }
  if (!(eps > 0)) throw new Error(`[@marco-ts/trainer] adamw: eps must be > 0, got ${eps}. Correct it in the recipe.`);
  if (!(weightDecay >= 0))
    throw new Error(
      `[@marco-ts/trainer] adamw: weightDecay must be >= 0, got ${weightDecay}. Correct it in the recipe.`,
    );

  return {
    name: 'adamw',
    init: (params) => zeroSlots(params, SLOTS),
    async step(params, updates, state, step, release) {
      const rate = learningRate(step);
      const next = updateEachParameter(
        { name: 'adamw', slots: SLOTS, params, updates, state, release },
        (name, param, grad, [m, v]) => {
          const settings = {
            learningRate: rate,
            beta1,
            beta2,
            eps,
            weightDecay: decayMask(name) ? weightDecay : 0,
            step: step + 1,
            gradScale: updates.scale,
          };
          const updated = adamwStep({ param, grad, m: m!, v: v! }, settings);
          return { param: updated.param, slots: [updated.m, updated.v] };
        },
      );
      return { ...next, metrics: { learningRate: rate } };
    },
  };
}
