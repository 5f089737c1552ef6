/**
 * One encoded conversation: its ids and which of them carry loss.
 *
 * Shapes: both arrays are [n], n the length of the sequence.
 */
import { IGNORE_INDEX } from '@marco-ts/data';

/** Ids of one conversation with their labels. */
export interface TokenSequence {
  readonly ids: Int32Array;
  /** As Hugging Face has them, not shifted: the id itself where the model is to learn it, `IGNORE_INDEX` elsewhere. */
  readonly labels: Int32Array;
}

/** A sequence that does not fit is left out whole and counted: cutting an answer would teach to stop early. */
export interface TooLong {
  /** Whether already what comes before the first answer does not fit, or only the whole. */
  readonly reason: 'too_long' | 'prompt_too_long';
  readonly numTokens: number;
}

/** A row that was left out for its length. */
export interface TooLongRow {
  /** Row and field, such as `train.jsonl:12.prompt`. */
  readonly where: string;
  readonly numTokens: number;
}

/** The first of them in words, for messages. */
export function describeTooLong([first]: readonly TooLongRow[]): string {
  return first === undefined ? 'there are none' : `the first is ${first.where} with ${first.numTokens}`;
}

/** @throws Error naming row and position for an id that the model has no embedding for */
export function requireKnownIds(functionName: string, ids: Int32Array, vocabSize: number, where: string): void {
  const at = ids.findIndex((id) => id < 0 || id >= vocabSize);
  if (at < 0) return;
  throw new Error(
    `[@marco-ts/aligner] ${functionName}: ids must be below the model's vocabSize ${vocabSize}, got ${ids[at]} at ${where}, token ${at}. Use the model's own tokenizer or resize its embeddings.`,
  );
}

/** @returns how many ids carry loss; the first id of a sequence has nothing before it and never does */
export function countTargets({ labels }: TokenSequence): number {
  let count = 0;
  for (let t = 1; t < labels.length; t++) if (labels[t] !== IGNORE_INDEX) count++;
  return count;
}
