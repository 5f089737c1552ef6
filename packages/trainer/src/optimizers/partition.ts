/**
 * Different optimizers for different parameters, as one optimizer: Muon for hidden matrices and AdamW for the rest.
 *
 * Source: `optax.partition`. The state of each part lies under `<name>/` in one flat map.
 */
import type { ParamMap, tf } from '@marco-ts/core';
import type { Optimizer, OptimizerMetrics, OptimizerState } from './optimizer.ts';
import { addPrefixed, withoutPrefix } from './prefixed-state.ts';

/** Some of the parameters, and the optimizer that moves them. */
export interface OptimizerPart {
  /** Which parameters are this part's; the first part that says yes has them. */
  readonly select: (name: string, param: tf.Tensor) => boolean;
  readonly optimizer: Optimizer;
}

/**
 * Metrics that two parts report under one name: the first part's keeps it, the others' become `<metric>/<optimizer>`.
 *
 * @throws Error when two optimizers share a name, and at `init` and `step` when a parameter belongs to no part
 */
export function partition(...parts: readonly OptimizerPart[]): Optimizer {
  const names = parts.map(({ optimizer }) => optimizer.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (parts.length === 0 || repeated !== undefined) {
    throw new Error(
      `[@marco-ts/trainer] partition: parts must be optimizers of different names, got ${repeated === undefined ? 'none' : `${repeated} twice`}. Merge those two parts.`,
    );
  }
  const split = (params: ParamMap): ParamMap[] => {
    const maps = parts.map(() => new Map<string, tf.Tensor>());
    for (const [name, param] of params) {
      const index = parts.findIndex(({ select }) => select(name, param));
      if (index < 0) {
        throw new Error(
          `[@marco-ts/trainer] partition: every parameter must belong to a part, got ${name} that none selects. Let the last part select everything.`,
        );
      }
      maps[index]!.set(name, param);
    }
    return maps;
  };

  return {
    name: `partition(${names.join(', ')})`,
    init(params) {
      const state = new Map<string, tf.Tensor>();
      split(params).forEach((part, index) => {
        addPrefixed(state, names[index]!, parts[index]!.optimizer.init(part));
      });
      return state;
    },
    async step(params, updates, state, step, release) {
      const nextState = new Map<string, tf.Tensor>();
      const nextParams = new Map<string, tf.Tensor>();
      let metrics: OptimizerMetrics = {};
      for (const [index, part] of split(params).entries()) {
        const { optimizer } = parts[index]!;
        const grads = new Map([...updates.grads].filter(([name]) => part.has(name)));
        const own: OptimizerState = withoutPrefix(state, optimizer.name);
        const result = await optimizer.step(part, { grads, scale: updates.scale }, own, step, release);
        for (const [name, param] of result.params) nextParams.set(name, param);
        addPrefixed(nextState, optimizer.name, result.state);
        metrics = { ...renameClashes(result.metrics, metrics, optimizer.name), ...metrics };
      }
      // Sums over all parameters depend on their order in the last bit: keep the caller's.
      const ordered = new Map([...params.keys()].map((name) => [name, nextParams.get(name)!]));
      return { params: ordered, state: nextState, metrics };
    },
  };
}

function renameClashes(metrics: OptimizerMetrics, taken: OptimizerMetrics, name: string): OptimizerMetrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([key, value]) => [Object.hasOwn(taken, key) ? `${key}/${name}` : key, value]),
  );
}
