/**
 * Two answers to one prompt, one better than the other, and why.
 */
import type { ChatMessage } from '@marco-ts/tokenizer';
import { requireMessages } from '../sft/conversation.ts';

/** A prompt with a better and a worse answer. */
export interface PreferencePair {
  /** Ends with a user message. */
  readonly prompt: readonly ChatMessage[];
  readonly chosen: string;
  readonly rejected: string;
  /** ISO 639-3 and script, such as `swh_Latn`. */
  readonly language: string;
  /** Why `rejected` is worse, such as `wrong_language`. */
  readonly kind: string;
  /** Where it was read, such as `train.jsonl:12`: its name in errors and reports. */
  readonly where?: string;
}

/** @throws Error naming row and field for a bad prompt, empty answers and answers that are equal */
export function requirePair(functionName: string, pair: PreferencePair, where: string): void {
  requirePrompt(functionName, pair.prompt, where);
  for (const field of ['chosen', 'rejected'] as const) requireAnswer(functionName, pair[field], `${where}.${field}`);
  if (pair.chosen === pair.rejected) {
    throw new Error(
      `[@marco-ts/aligner] ${functionName}: answers must differ, got the same text twice at ${where}.rejected. Drop the row.`,
    );
  }
}

/** @throws Error naming row and field unless the messages are a prompt that waits for an answer */
export function requirePrompt(functionName: string, prompt: readonly ChatMessage[], where: string): void {
  requireMessages(functionName, prompt, where);
  if (prompt.at(-1)!.role === 'assistant') {
    throw new Error(
      `[@marco-ts/aligner] ${functionName}: a prompt must end before the answer, got an assistant message at ${where}.prompt. Drop the row.`,
    );
  }
}

/** @throws Error naming the field unless the answer is text and not empty */
export function requireAnswer(functionName: string, answer: unknown, where: string): void {
  if (typeof answer === 'string' && answer.trim() !== '') return;
  throw new Error(
    `[@marco-ts/aligner] ${functionName}: an answer must be text, got ${JSON.stringify(answer)} at ${where}. Drop the row.`,
  );
}
