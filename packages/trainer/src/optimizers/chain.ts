/**
 * Gradient transformations in order, ended by an optimizer, as one optimizer.
 *
 * Source: `optax.chain`. The state of each link lies under `<name>/` in one flat map.
 */
import { disposeParams, type ParamMap, type tf } from '@marco-ts/core';
import type { GradientTransform, Optimizer, Updates } from './optimizer.ts';
import { addPrefixed, withoutPrefix } from './prefixed-state.ts';

/**
 * @param links transformations, then the optimizer, such as `chain(clipByGlobalNorm(1), adamw({ ... }))`
 * @throws Error when the last link is no optimizer, an earlier one is, or two share a name
 */
export function chain(...links: readonly [...GradientTransform[], Optimizer]): Optimizer {
  const last = links.at(-1);
  if (last === undefined || !('step' in last)) {
    throw new Error(
      `[@marco-ts/trainer] chain: the last link must be an optimizer such as adamw(...), got ${last?.name ?? 'nothing'}. Put the optimizer at the end.`,
    );
  }
  const transforms = links.slice(0, -1).map((link) => {
    if (!('update' in link)) {
      throw new Error(
        `[@marco-ts/trainer] chain: only the last link may be an optimizer, got ${link.name} before the end. Keep one optimizer.`,
      );
    }
    return link;
  });
  const names = links.map((link) => link.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new Error(
      `[@marco-ts/trainer] chain: links must have different names, got ${repeated} twice. Rename or merge them.`,
    );
  }

  return {
    name: `chain(${names.join(', ')})`,
    init(params) {
      const state = new Map<string, tf.Tensor>();
      for (const link of links) addPrefixed(state, link.name, link.init(params));
      return state;
    },
    async step(params, updates, state, step, release = () => {}) {
      const nextState = new Map<string, tf.Tensor>();
      let metrics: Record<string, number> = {};
      let current: Updates = updates;
      for (const transform of transforms) {
        const result = await transform.update(current, withoutPrefix(state, transform.name), params, step);
        disposeIntermediate(current.grads, result.updates.grads, updates.grads);
        current = result.updates;
        metrics = { ...metrics, ...result.metrics };
        addPrefixed(nextState, transform.name, result.state);
      }
      const result = await last.step(params, current, withoutPrefix(state, last.name), step, release);
      disposeIntermediate(current.grads, new Map(), updates.grads);
      addPrefixed(nextState, last.name, result.state);
      return { params: result.params, state: nextState, metrics: { ...metrics, ...result.metrics } };
    },
  };
}

/** Disposes gradients made inside the chain that neither the caller nor the next link holds. */
function disposeIntermediate(before: ParamMap, after: ParamMap, callers: ParamMap): void {
  const held = new Set([...after.values(), ...callers.values()]);
  disposeParams(new Map([...before].filter(([, tensor]) => !held.has(tensor))));
}
