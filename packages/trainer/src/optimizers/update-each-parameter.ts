/**
 * The walk that optimizers share: parameter by parameter, with its gradient and its slots of the state, freeing what was replaced at once.
 *
 * A slot is a tensor per parameter, such as a moment, and lies in the state under `<slot>/<parameter>`.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import type { OptimizerState, Release, Updates } from './optimizer.ts';

export interface ParameterUpdate {
  readonly param: tf.Tensor;
  /** in the order of the slots */
  readonly slots: readonly tf.Tensor[];
}

export interface EachParameter {
  /** of the optimizer, for errors */
  readonly name: string;
  readonly slots: readonly string[];
  readonly params: ParamMap;
  readonly updates: Updates;
  readonly state: OptimizerState;
  readonly release: Release | undefined;
}

/** @returns zeros for every slot of every parameter, owned by the caller */
export function zeroSlots(params: ParamMap, slots: readonly string[]): OptimizerState {
  const state = new Map<string, tf.Tensor>();
  for (const [name, param] of params) for (const slot of slots) state.set(`${slot}/${name}`, tf.zeros(param.shape));
  return state;
}

/**
 * @param update makes new tensors for one parameter; called for those with a gradient, the others pass through
 * @returns new parameters and state, owned by the caller
 * @throws Error when a gradient belongs to no parameter or the state lacks a slot; what was made until then is disposed
 */
export function updateEachParameter(
  { name: optimizer, slots, params, updates: { grads }, state, release = () => {} }: EachParameter,
  update: (name: string, param: tf.Tensor, grad: tf.Tensor, slots: readonly tf.Tensor[]) => ParameterUpdate,
): { readonly params: ParamMap; readonly state: OptimizerState } {
  requireKnownGradients(optimizer, params, grads);
  const nextParams = new Map<string, tf.Tensor>();
  const nextState = new Map<string, tf.Tensor>();
  const made: tf.Tensor[] = [];
  try {
    for (const [name, param] of params) {
      const grad = grads.get(name);
      const before = slots.map((slot) => requireSlot(optimizer, state, `${slot}/${name}`, param));
      const next = grad === undefined ? { param, slots: before } : update(name, param, grad, before);
      nextParams.set(name, next.param);
      slots.forEach((slot, index) => {
        nextState.set(`${slot}/${name}`, next.slots[index]!);
      });
      if (grad === undefined) continue;
      made.push(next.param, ...next.slots);
      for (const replaced of [param, grad, ...before]) release(replaced);
    }
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
  return { params: nextParams, state: nextState };
}

function requireKnownGradients(optimizer: string, params: ParamMap, grads: ParamMap): void {
  for (const name of grads.keys()) {
    if (!params.has(name)) {
      throw new Error(
        `[@marco-ts/trainer] ${optimizer}: every gradient must belong to a parameter, got one for ${name}. Differentiate with respect to these parameters.`,
      );
    }
  }
}

function requireSlot(optimizer: string, state: OptimizerState, key: string, param: tf.Tensor): tf.Tensor {
  const tensor = state.get(key);
  if (tensor === undefined || tensor.size !== param.size) {
    throw new Error(
      `[@marco-ts/trainer] ${optimizer}: state must hold ${key} of shape [${param.shape.join(', ')}], got ${tensor ? `[${tensor.shape.join(', ')}]` : 'nothing'}. Use the state made by init for these parameters.`,
    );
  }
  return tensor;
}
