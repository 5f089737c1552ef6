/**
 * A conversation as ids through the tokenizer's chat template, with loss on the assistant's words and the mark that ends them only.
 *
 * Source: assistant-only loss of TRL (`assistant_only_loss`), with the mask from the template itself.
 */
import { IGNORE_INDEX } from '@marco-ts/data';
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';
import { countTargets, type TokenSequence, type TooLong } from '../sequences/token-sequence.ts';
import { requireMessages } from './conversation.ts';

/**
 * @param maxLength longest sequence in tokens; a longer conversation is not cut
 * @param where names the row in errors
 * @returns the sequence, or how long it would have been
 * @throws Error naming row and field for bad messages, or when the template marks no answer
 */
export function encodeConversation(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  maxLength: number,
  where = 'conversation',
): TokenSequence | TooLong {
  requireMessages('encodeConversation', messages, where);
  if (!messages.some((message) => message.role === 'assistant')) {
    throw new Error(
      `[@marco-ts/aligner] encodeConversation: a conversation must have an answer, got no assistant message at ${where}.messages. Drop the row.`,
    );
  }
  const { ids, assistantMask } = tokenizer.encodeChat([...messages]);
  if (ids.length > maxLength) return { reason: 'too_long', numTokens: ids.length };
  const labels = ids.map((id, t) => (assistantMask[t] === 1 ? id : IGNORE_INDEX));
  const sequence = { ids, labels };
  if (countTargets(sequence) === 0) {
    throw new Error(
      `[@marco-ts/aligner] encodeConversation: the chat template must mark the assistant's words, got no marked token at ${where}. Use a template that the tokenizer can mask.`,
    );
  }
  return sequence;
}
