/**
 * Which token each position has to predict: the next one of its own document, if that one's label counts.
 *
 * Source: the shift in `ForCausalLMLoss` of transformers.
 * Differs: the last token of a document does not predict the first of the next one in the same row.
 */
import { IGNORE_INDEX } from '@marco-ts/core';
import type { CausalBatch } from './causal-batch.ts';

/** What the positions of a batch predict. */
export interface PredictedTokens {
  /** `[B·L]`: what each position predicts, or IGNORE_INDEX. */
  readonly targets: Int32Array;
  /** The positions that predict something, in rising order, as indices into [B·L]. */
  readonly rows: Int32Array;
}

/** @returns what each position of a batch predicts, and which positions do */
export function predictedTokens(batch: CausalBatch): PredictedTokens {
  const { sequenceLength: L, labels, segmentIds } = batch;
  const targets = new Int32Array(labels.length).fill(IGNORE_INDEX);
  const rows = new Int32Array(labels.length);
  let count = 0;
  for (let i = 0; i + 1 < labels.length; i++) {
    const isLast = i % L === L - 1;
    if (isLast || segmentIds[i]! < 0 || segmentIds[i] !== segmentIds[i + 1] || labels[i + 1] === IGNORE_INDEX) continue;
    targets[i] = labels[i + 1]!;
    rows[count++] = i;
  }
  return { targets, rows: rows.slice(0, count) };
}
