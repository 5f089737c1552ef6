/**
 * States of several optimizers in one flat map of tensors, each under `<prefix>/`.
 */
import type { tf } from '@marco-ts/core';
import type { OptimizerState } from './optimizer.ts';

export function addPrefixed(target: Map<string, tf.Tensor>, prefix: string, state: OptimizerState): void {
  for (const [key, tensor] of state) target.set(`${prefix}/${key}`, tensor);
}

export function withoutPrefix(state: OptimizerState, prefix: string): OptimizerState {
  const start = `${prefix}/`;
  return new Map(
    [...state].filter(([key]) => key.startsWith(start)).map(([key, tensor]) => [key.slice(start.length), tensor]),
  );
}
