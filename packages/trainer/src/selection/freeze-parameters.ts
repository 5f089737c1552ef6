/**
 * Which parameters a run trains, by patterns of their names: a frozen one gets no gradient, no moments and no place in a checkpoint.
 *
 * A pattern is a whole name in which `*` stands for any characters: `model.embed_tokens.*`, `model.layers.0.*`, `*.bias`.
 */
import type { LossFn, ParamMap, tf } from '@marco-ts/core';

/** Parameters by whether they are trained. */
export interface SplitParams {
  /** Both hold the tensors that came in, in their order. */
  readonly trainable: ParamMap;
  readonly frozen: ParamMap;
}

/** @throws Error when a pattern meets no parameter, or when nothing is left to train */
export function freezeParameters(params: ParamMap, patterns: readonly string[]): SplitParams {
  const frozenNames = new Set<string>();
  for (const pattern of patterns) {
    const matches = namePattern(pattern);
    const met = [...params.keys()].filter((name) => matches.test(name));
    if (met.length === 0) {
      throw new Error(
        `[@marco-ts/trainer] freezeParameters: a pattern must meet a parameter, got ${JSON.stringify(pattern)}, which meets none of ${[...params.keys()].slice(0, 4).join(', ')}, ... \`*\` stands for any characters.`,
      );
    }
    for (const name of met) frozenNames.add(name);
  }
  if (frozenNames.size === params.size) {
    throw new Error(
      `[@marco-ts/trainer] freezeParameters: something must be left to train, got all ${params.size} parameters frozen by ${patterns.join(', ')}. Freeze less.`,
    );
  }
  const trainable = new Map<string, tf.Tensor>();
  const frozen = new Map<string, tf.Tensor>();
  for (const [name, param] of params) (frozenNames.has(name) ? frozen : trainable).set(name, param);
  return { trainable, frozen };
}

/** The same loss as a function of the trainable parameters alone; the frozen ones are a constant of it. */
export function withFrozen<Batch>(lossFn: LossFn<Batch>, frozen: ParamMap): LossFn<Batch> {
  if (frozen.size === 0) return lossFn;
  return (trainable, batch) => lossFn(new Map([...frozen, ...trainable]), batch);
}

/** @returns all parameters in the order of `names` */
export function joinParams(names: Iterable<string>, trainable: ParamMap, frozen: ParamMap): ParamMap {
  return new Map([...names].map((name) => [name, (trainable.get(name) ?? frozen.get(name))!]));
}

function namePattern(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`);
}
