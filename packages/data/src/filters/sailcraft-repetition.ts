/**
 * Repeated characters, repeated words and too few stop words, as SailCraft and BigScience measure them.
 *
 * Source: Laurençon et al. 2022, arXiv:2303.03915, section 3 (BigScience's ROOTS filters), with the cut-offs of sail-sg/sailcraft.
 * Units: shares 0 to 1. Character repetition is the share of the √k most frequent of k different n-grams; word repetition the share of word
 * n-grams that come more than once.
 * Differs: BigScience lower-cases and strips marks by lists per language; here words are those of `splitWords` that have a letter or a digit.
 */
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { splitWords, type WordSplitter } from './split-words.ts';

/** Largest shares of repetition, and the least share of stop words, from 0 to 1. */
export interface SailCraftRepetitionThresholds {
  readonly maxCharacterRepetition: number;
  readonly characterNGram: number;
  readonly maxWordRepetition: number;
  readonly wordNGram: number;
  /** null: the rule is off. */
  readonly minStopWordShare: number | null;
  readonly stopWords: ReadonlySet<string>;
}

/** Thresholds, and how text is split into words. */
export interface SailCraftRepetitionOptions {
  /** One for all, or by language. */
  readonly thresholds: SailCraftRepetitionThresholds | ((language: string) => SailCraftRepetitionThresholds);
  readonly splitWords?: WordSplitter;
}

function countGrams(length: number, n: number, gramAt: (start: number) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= length; start++) {
    const gram = gramAt(start);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

function characterRepetition(text: string, n: number): number {
  const counts = countGrams(text.length, n, (start) => text.slice(start, start + n));
  if (counts.size === 0) return 0;
  const sorted = Uint32Array.from(counts.values()).sort().reverse();
  // n-grams that come once repeat nothing, however many of them the root lets in.
  const numRepeated = sorted.indexOf(1);
  const numTop = Math.min(Math.floor(Math.sqrt(sorted.length)), numRepeated < 0 ? sorted.length : numRepeated);
  const total = text.length - n + 1;
  return sorted.subarray(0, numTop).reduce((sum, count) => sum + count, 0) / total;
}

function wordRepetition(words: readonly string[], n: number): number {
  const counts = countGrams(words.length, n, (start) => words.slice(start, start + n).join(' '));
  if (counts.size === 0) return 0;
  let repeated = 0;
  for (const count of counts.values()) if (count > 1) repeated += count;
  return repeated / (words.length - n + 1);
}

const IS_WORD = /[\p{L}\p{N}]/u;

/** Drops as `character_repetition`, `word_repetition` or `stop_word_share`. */
export function sailCraftRepetition(options: SailCraftRepetitionOptions): DocumentFilter {
  const { thresholds, splitWords: split = splitWords } = options;
  return {
    name: 'sailcraft_repetition',
    check({ text, language }) {
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      if (characterRepetition(text, limits.characterNGram) > limits.maxCharacterRepetition)
        return drop('character_repetition');
      const words = split(text, language)
        .filter((word) => IS_WORD.test(word))
        .map((word) => word.toLowerCase());
      if (wordRepetition(words, limits.wordNGram) > limits.maxWordRepetition) return drop('word_repetition');
      if (limits.minStopWordShare === null || words.length === 0) return KEEP;
      const numStopWords = words.filter((word) => limits.stopWords.has(word)).length;
      return numStopWords / words.length < limits.minStopWordShare ? drop('stop_word_share') : KEEP;
    },
  };
}
