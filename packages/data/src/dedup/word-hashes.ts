/**
 * 64-bit hashes of a text's comparable words, without making the words: each token between white space is simplified and hashed once, then
 * remembered, since a language's words come again and again.
 *
 * The words are those of `comparableWords`: simplifying looks at nothing beyond a token's white space, and leaves nothing to split but spaces.
 */
import { splitWords, type WordSplitter } from '../filters/split-words.ts';
import { hashTextInto } from '../random/hash-text.ts';
import { comparableWords } from './comparable-words.ts';

export interface WordHashes {
  /** Halves of the hashes, valid up to the number of words until the next text. */
  readonly low: Int32Array;
  readonly high: Int32Array;
}

export interface WordHasher extends WordHashes {
  /** @returns the number of words */
  load(text: string, language: string): number;
}

const MAX_REMEMBERED = 1 << 17;
/** Longer ones are seldom met again. */
const MAX_REMEMBERED_LENGTH = 32;
const NEEDS_DICTIONARY = /(?:Hans|Hant|Hani|Jpan|Thai|Khmr|Laoo|Mymr)$/;

/** @param split with another splitter than `splitWords`, words are made and hashed one by one */
export function createWordHasher(split: WordSplitter = splitWords): WordHasher {
  let low = new Int32Array(1024);
  let high = new Int32Array(1024);
  let numWords = 0;
  const halves = new Uint32Array(2);
  /** Halves of each word of a token, one pair after the other. */
  const remembered = new Map<string, Int32Array>();

  const push = (lowHalf: number, highHalf: number): void => {
    if (numWords === low.length) {
      const [largerLow, largerHigh] = [new Int32Array(numWords * 2), new Int32Array(numWords * 2)];
      largerLow.set(low);
      largerHigh.set(high);
      [low, high] = [largerLow, largerHigh];
    }
    low[numWords] = lowHalf;
    high[numWords] = highHalf;
    numWords++;
  };
  const hashWords = (words: readonly string[]): Int32Array => {
    const hashes = new Int32Array(words.length * 2);
    for (const [index, word] of words.entries()) {
      hashTextInto(word, halves);
      hashes[index * 2] = halves[0]!;
      hashes[index * 2 + 1] = halves[1]!;
    }
    return hashes;
  };
  const pushAll = (hashes: Int32Array): void => {
    for (let i = 0; i < hashes.length; i += 2) push(hashes[i]!, hashes[i + 1]!);
  };
  const hashesOf = (token: string, language: string): Int32Array => {
    const known = remembered.get(token);
    if (known !== undefined) return known;
    const hashes = hashWords(comparableWords(token, language));
    if (token.length <= MAX_REMEMBERED_LENGTH) {
      if (remembered.size === MAX_REMEMBERED) remembered.clear();
      // A token cut from a text would keep the whole text alive.
      remembered.set(Buffer.from(token, 'utf16le').toString('utf16le'), hashes);
    }
    return hashes;
  };
  return {
    get low() {
      return low;
    },
    get high() {
      return high;
    },
    load: (text, language) => {
      numWords = 0;
      if (split !== splitWords || NEEDS_DICTIONARY.test(language))
        pushAll(hashWords(comparableWords(text, language, split)));
      else {
        for (const token of text.split(/\s+/)) if (token !== '') pushAll(hashesOf(token, language));
      }
      return numWords;
    },
  };
}
