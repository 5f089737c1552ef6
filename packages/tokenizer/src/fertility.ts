/**
 * How many tokens a tokenizer spends on text: tokens per word and bytes per token.
 *
 * Words are what Intl.Segmenter calls word-like, so that scripts without spaces (Thai, Chinese, Japanese) are counted too.
 */
import type { Tokenizer } from './tokenizer.ts';
import { expectString } from './tokenizer-error.ts';

/** Counts of the texts and the two rates made of them; fewer tokens per word mean cheaper training and longer contexts. */
export interface Fertility {
  readonly numTokens: number;
  /** UTF-8 bytes of the texts. */
  readonly numBytes: number;
  readonly numWords: number;
  readonly numDocuments: number;
  /** 0 when there are no words. */
  readonly tokensPerWord: number;
  /** 0 when there are no tokens. */
  readonly bytesPerToken: number;
}

/**
 * @param texts documents; read once, encoded as ordinary text
 * @throws Error when `texts` holds something else than strings
 */
export function fertility(tokenizer: Tokenizer, texts: Iterable<string>): Fertility {
  const segmenter = new Intl.Segmenter('und', { granularity: 'word' });
  const encoder = new TextEncoder();
  let numTokens = 0;
  let numBytes = 0;
  let numWords = 0;
  let numDocuments = 0;
  for (const text of texts) {
    expectString('fertility', `texts[${numDocuments}]`, text);
    numTokens += tokenizer.encodeOrdinary(text).length;
    numBytes += encoder.encode(text).length;
    for (const { isWordLike } of segmenter.segment(text)) if (isWordLike) numWords++;
    numDocuments++;
  }
  return {
    numTokens,
    numBytes,
    numWords,
    numDocuments,
    tokensPerWord: numWords === 0 ? 0 : numTokens / numWords,
    bytesPerToken: numTokens === 0 ? 0 : numBytes / numTokens,
  };
}
