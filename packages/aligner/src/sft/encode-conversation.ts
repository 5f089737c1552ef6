/**
 * A conversation as ids through the tokenizer's chat template, with loss on the assistant's words and the mark that ends them only.
 *
 * Source: assistant-only loss of TRL (`assistant_only_loss`), with the mask from the template itself.
 */
import { IGNORE_INDEX } from '@marco-ts/data';
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';
import { countTargets, requireKnownIds, type TokenSequence, type TooLong } from '../sequences/token-sequence.ts';
import { requireMessages } from './conversation.ts';

/** What errors call the conversation, and what it may hold. */
export interface EncodeConversationOptions {
  /** Names the row in errors; default `conversation`. */
  readonly where?: string;
  readonly tools?: readonly unknown[] | undefined;
  /** Rows of the model's embedding: an id past them is refused. */
  readonly vocabSize?: number | undefined;
}

/**
 * @param maxLength longest sequence in tokens; a longer conversation is not cut
 * @returns the sequence, or how long it would have been
 * @throws Error naming row and field for bad messages, or when the template marks no answer
 */
export function encodeConversation(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  maxLength: number,
  { where = 'conversation', tools, vocabSize }: EncodeConversationOptions = {},
): TokenSequence | TooLong {
  requireMessages('encodeConversation', messages, where);
  if (!messages.some((message) => message.role === 'assistant')) {
    throw new Error(
      `[@marco-ts/aligner] encodeConversation: a conversation must have an answer, got no assistant message at ${where}.messages. Drop the row.`,
    );
  }
  const { ids, assistantMask } = tokenizer.encodeChat([...messages], tools === undefined ? {} : { tools });
  if (vocabSize !== undefined) requireKnownIds('encodeConversation', ids, vocabSize, `${where}.messages`);
  const firstAnswer = assistantMask.indexOf(1);
  if (ids.length > maxLength) {
    const reason = firstAnswer >= maxLength ? 'prompt_too_long' : 'too_long';
    return { reason, numTokens: ids.length };
  }
  const labels = ids.map((id, t) => (assistantMask[t] === 1 ? id : IGNORE_INDEX));
  const sequence = { ids, labels };
  if (countTargets(sequence) === 0) {
    throw new Error(
      `[@marco-ts/aligner] encodeConversation: the chat template must mark the assistant's words, got no marked token at ${where}. Use a template that the tokenizer can mask.`,
    );
  }
  return sequence;
}
