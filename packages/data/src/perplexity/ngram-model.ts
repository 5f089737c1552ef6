/**
 * An n-gram language model with backoff: the log10 probability of a sentence, word by word.
 *
 * Source: Katz 1987 for backoff; the ARPA format's meaning of its two columns, as KenLM (Heafield 2011) computes it: the longest n-gram that
 * is known, and the backoffs of every longer context that is.
 * Units: log10. A sentence stands between `<s>`, which is never predicted, and `</s>`, which is.
 */
import type { NGramTable } from './ngram-table.ts';

export const UNKNOWN = 0;
export const SENTENCE_START = 1;
export const SENTENCE_END = 2;
export const SPECIAL_WORDS = ['<unk>', '<s>', '</s>'] as const;

/** The log10 probability of a sentence and what it was summed over. */
export interface SentenceScore {
  /** Of all words and of the end of the sentence. */
  readonly logProb: number;
  /** Words and the end of the sentence. */
  readonly numTokens: number;
  readonly numUnknown: number;
}

/** A loaded n-gram model. */
export interface NGramModel {
  readonly order: number;
  /** By id; the first three are `<unk>`, `<s>` and `</s>`. */
  readonly vocabulary: readonly string[];
  /** Number of n-grams of order 1, 2, ... */
  readonly numNGrams: readonly number[];
  readonly tables: readonly NGramTable[];
  /** Scores one sentence, given as its words. */
  scoreSentence(words: readonly string[]): SentenceScore;
  /** Log10 probabilities of the words and of the end of the sentence. */
  wordLogProbs(words: readonly string[]): Float64Array;
}

/** What an unknown word costs in a model that has no `<unk>`, as KenLM has it. */
const NO_UNKNOWN = -100;

/** @param tables of order 1 to N; the unigrams' index is the word's id */
export function ngramModelFromTables(vocabulary: readonly string[], tables: readonly NGramTable[]): NGramModel {
  const order = tables.length;
  const ids = new Map(vocabulary.map((word, id) => [word, id]));
  let sentence = new Int32Array(256);

  const logProbAt = (end: number): number => {
    let backoff = 0;
    for (let n = Math.min(order, end + 1); n >= 1; n--) {
      const start = end - n + 1;
      const table = tables[n - 1]!;
      const index = table.find(sentence, start);
      if (index >= 0) return backoff + table.logProbs[index]!;
      if (n === 1) break;
      const context = tables[n - 2]!;
      const contextIndex = context.find(sentence, start);
      if (contextIndex >= 0) backoff += context.backoffs[contextIndex]!;
    }
    return backoff + NO_UNKNOWN;
  };
  const encode = (words: readonly string[]): number => {
    if (sentence.length < words.length + 2) sentence = new Int32Array(words.length * 2 + 2);
    sentence[0] = SENTENCE_START;
    let numUnknown = 0;
    for (const [index, word] of words.entries()) {
      const id = ids.get(word) ?? UNKNOWN;
      // The marks of sentences are no words, wherever a text may have them from.
      const isKnown = id > SENTENCE_END;
      if (!isKnown) numUnknown++;
      sentence[index + 1] = isKnown ? id : UNKNOWN;
    }
    sentence[words.length + 1] = SENTENCE_END;
    return numUnknown;
  };
  return {
    order,
    vocabulary,
    numNGrams: tables.map(({ size }) => size),
    tables,
    scoreSentence(words) {
      const numUnknown = encode(words);
      let logProb = 0;
      for (let end = 1; end <= words.length + 1; end++) logProb += logProbAt(end);
      return { logProb, numTokens: words.length + 1, numUnknown };
    },
    wordLogProbs(words) {
      encode(words);
      return Float64Array.from({ length: words.length + 1 }, (_, index) => logProbAt(index + 1));
    },
  };
}
