/**
 * A conversation as a prompt that leaves room for an answer: the oldest question and answer are forgotten first, together.
 *
 * Units: tokens.
 */
import type { ChatMessage, Tokenizer } from '../tokenizer.ts';
import { tokenizerError } from '../tokenizer-error.ts';

/** A conversation, and the room that there is for it and for the answer. */
export interface FitConversationOptions {
  /** never forgotten; absent, the template's own stands */
  readonly system?: string | undefined;
  /** question, answer, question, ..., the last a question */
  readonly messages: readonly ChatMessage[];
  /** of the model's context */
  readonly contextLength: number;
  /** at most half of the context is kept free for an answer */
  readonly maxNewTokens: number;
}

/** The prompt that fits, and how much of the conversation it leaves out. */
export interface FittedConversation {
  /** ids, the opening of the answer at the end */
  readonly prompt: Int32Array;
  /** messages that no longer fit */
  readonly numForgotten: number;
}

/** @throws Error when not even the last message fits the context */
export function fitConversation(
  tokenizer: Pick<Tokenizer, 'encodeChat'>,
  { system, messages, contextLength, maxNewTokens }: FitConversationOptions,
): FittedConversation {
  const opening: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  const room = contextLength - Math.min(maxNewTokens, contextLength >> 1);
  for (let numForgotten = 0; ; numForgotten += 2) {
    const kept = [...opening, ...messages.slice(numForgotten)];
    const prompt = tokenizer.encodeChat(kept, { addGenerationPrompt: true }).ids;
    const isLast = numForgotten + 2 >= messages.length;
    if (prompt.length <= room || (isLast && prompt.length < contextLength)) return { prompt, numForgotten };
    if (isLast) {
      throw tokenizerError(
        'fitConversation',
        `a message must fit the model's ${contextLength} tokens`,
        String(prompt.length),
        'Shorten it.',
      );
    }
  }
}
