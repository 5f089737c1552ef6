/**
 * AdamW: Adam with weight decay applied to the parameter itself, not to its gradient.
 *
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101; `torch.optim.AdamW` (bias-corrected moments, eps outside the root).
 * Differs: by default norms and biases do not decay; moments are keyed by parameter name.
 */
import { adamwStep, type ParamMap, tf } from '@marco-ts/core';
import type { Schedule } from '../schedules/schedule.ts';
import type { Optimizer, OptimizerState } from './optimizer.ts';

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
    init(params) {
      const state = new Map<string, tf.Tensor>();
      for (const [name, param] of params) {
        state.set(`m/${name}`, tf.zeros(param.shape));
        state.set(`v/${name}`, tf.zeros(param.shape));
      }
      return state;
    },
    async step(params, { grads, scale }, state, step) {
      requireKnownGradients(params, grads);
      const rate = learningRate(step);
      const nextParams = new Map<string, tf.Tensor>();
      const nextState = new Map<string, tf.Tensor>();
      for (const [name, param] of params) {
        const grad = grads.get(name);
        const m = moment(state, `m/${name}`, param);
        const v = moment(state, `v/${name}`, param);
        const next =
          grad === undefined
            ? { param, m, v }
            : adamwStep(
                { param, grad, m, v },
                {
                  learningRate: rate,
                  beta1,
                  beta2,
                  eps,
                  weightDecay: decayMask(name) ? weightDecay : 0,
                  step: step + 1,
                  gradScale: scale,
                },
              );
        nextParams.set(name, next.param);
        nextState.set(`m/${name}`, next.m);
        nextState.set(`v/${name}`, next.v);
      }
      return { params: nextParams, state: nextState, metrics: { learningRate: rate } };
    },
  };
}

function requireKnownGradients(params: ParamMap, grads: ParamMap): void {
  for (const name of grads.keys()) {
    if (!params.has(name)) {
      throw new Error(
        `[@marco-ts/trainer] adamw: every gradient must belong to a parameter, got one for ${name}. Differentiate with respect to these parameters.`,
      );
    }
  }
}

function moment(state: OptimizerState, key: string, param: tf.Tensor): tf.Tensor {
  const tensor = state.get(key);
  if (tensor === undefined || tensor.size !== param.size) {
    throw new Error(
      `[@marco-ts/trainer] adamw: state must hold ${key} of shape [${param.shape.join(', ')}], got ${tensor ? `[${tensor.shape.join(', ')}]` : 'nothing'}. Use the state made by init for these parameters.`,
    );
  }
  return tensor;
}
