/**
 * What the loop can tell about a batch without knowing its type: tokens that are not padding, and whose tokens they are.
 *
 * A batch with `segmentIds` (-1 is padding) can be counted; one with `sourceIds` and `labels` too can be split by group.
 */
import { IGNORE_INDEX } from '@marco-ts/core';

/** Sums of nats and counts of predicted tokens, by source id. */
export type GroupSums = Map<number, { nll: number; numTargets: number }>;

interface TokenFacts {
  readonly sequenceLength?: unknown;
  readonly segmentIds?: unknown;
  readonly sourceIds?: unknown;
  readonly labels?: unknown;
}

/** @returns tokens that are not padding, or undefined when the batch does not say */
export function numBatchTokens(batch: unknown): number | undefined {
  const { segmentIds } = facts(batch);
  if (!(segmentIds instanceof Int32Array)) return undefined;
  let count = 0;
  for (const id of segmentIds) if (id >= 0) count++;
  return count;
}

/** @returns the distinct source ids of a batch in ascending order; empty when it does not say */
export function batchSources(batch: unknown): number[] {
  const { sourceIds } = facts(batch);
  if (!(sourceIds instanceof Int32Array)) return [];
  return [...new Set(sourceIds)].filter((id) => id >= 0).sort((a, b) => a - b);
}

/**
 * Adds the losses of one batch's tokens to their groups.
 *
 * @param tokenNll [B·L] nats of predicting the token at t + 1, placed at t: every position predicts the next of its segment whose label counts
 */
export function addGroupLosses(groups: GroupSums, batch: unknown, tokenNll: ArrayLike<number>): void {
  const { sequenceLength, segmentIds, sourceIds, labels } = facts(batch);
  if (!(sourceIds instanceof Int32Array) || !(labels instanceof Int32Array) || !(segmentIds instanceof Int32Array))
    return;
  if (typeof sequenceLength !== 'number' || sourceIds.length !== tokenNll.length) return;
  for (let t = 0; t + 1 < sourceIds.length; t++) {
    const next = t + 1;
    const predictsNext =
      next % sequenceLength !== 0 &&
      labels[next] !== IGNORE_INDEX &&
      segmentIds[t]! >= 0 &&
      segmentIds[t] === segmentIds[next];
    if (!predictsNext) continue;
    const source = sourceIds[t]!;
    const group = groups.get(source) ?? { nll: 0, numTargets: 0 };
    group.nll += tokenNll[t]!;
    group.numTargets++;
    groups.set(source, group);
  }
}

function facts(batch: unknown): TokenFacts {
  return typeof batch === 'object' && batch !== null ? batch : {};
}
