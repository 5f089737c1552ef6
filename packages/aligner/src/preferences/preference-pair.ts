/**
 * Two answers to one prompt, one better than the other, and why.
 */
import type { ChatMessage } from '@marco-ts/tokenizer';
import { requireMessages } from '../sft/conversation.ts';

export interface PreferencePair {
  /** Ends with a user message. */
  readonly prompt: readonly ChatMessage[];
  readonly chosen: string;
  readonly rejected: string;
  /** ISO 639-3 and script, such as `swh_Latn`. */
  readonly language: string;
  /** Why `rejected` is worse, such as `wrong_language`. */
  readonly kind: string;
}

/** @throws Error naming row and field for a bad prompt, empty answers and answers that are equal */
export function requirePair(functionName: string, pair: PreferencePair, where: string): void {
  requireMessages(functionName, pair.prompt, where);
  const refuse = (rule: string, got: string, field: string): never => {
    throw new Error(`[@marco-ts/aligner] ${functionName}: ${rule}, got ${got} at ${where}.${field}. Drop the row.`);
  };
  if (pair.prompt.at(-1)!.role === 'assistant')
    refuse('a prompt must end before the answer', 'an assistant message', 'prompt');
  for (const field of ['chosen', 'rejected'] as const) {
    if (typeof pair[field] !== 'string' || pair[field].trim() === '')
      refuse('an answer must be text', JSON.stringify(pair[field]), field);
  }
  if (pair.chosen === pair.rejected) refuse('answers must differ', 'the same text twice', 'rejected');
}
