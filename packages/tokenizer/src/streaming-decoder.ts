/**
 * Turns ids into text one at a time, holding back the bytes of an unfinished character.
 */
import type { DecodeOptions, Tokenizer } from './tokenizer.ts';

/** Gives out the text of one answer as its ids come; the pieces together are what `decode` gives for all ids. */
export interface StreamingDecoder {
  /** Text that is certain after this id; '' while a character is unfinished. */
  push(id: number): string;
  /** What is left, unfinished bytes as U+FFFD; the decoder then starts anew. */
  end(): string;
}

/** The pushed texts and the end together are `tokenizer.decode` of all ids. */
export function createStreamingDecoder(
  tokenizer: Tokenizer,
  { skipSpecialTokens = false }: DecodeOptions = {},
): StreamingDecoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const specialIds = new Set(tokenizer.specialTokens.values());
  return {
    push(id) {
      if (skipSpecialTokens && specialIds.has(id)) return '';
      return decoder.decode(tokenizer.tokenBytes(id), { stream: true });
    },
    end: () => decoder.decode(),
  };
}
