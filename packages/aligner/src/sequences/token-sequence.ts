/**
 * One encoded conversation: its ids and which of them carry loss.
 *
 * Shapes: both arrays are [n], n the length of the sequence.
 */
import { IGNORE_INDEX } from '@marco-ts/data';

export interface TokenSequence {
  readonly ids: Int32Array;
  /** As Hugging Face has them, not shifted: the id itself where the model is to learn it, `IGNORE_INDEX` elsewhere. */
  readonly labels: Int32Array;
}

/** A sequence that does not fit is left out whole and counted: cutting an answer would teach to stop early. */
export interface TooLong {
  readonly reason: 'too_long';
  readonly numTokens: number;
}

/** @returns how many ids carry loss; the first id of a sequence has nothing before it and never does */
export function countTargets({ labels }: TokenSequence): number {
  let count = 0;
  for (let t = 1; t < labels.length; t++) if (labels[t] !== IGNORE_INDEX) count++;
  return count;
}
