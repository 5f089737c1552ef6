/**
 * Gopher's quality rules: length, word length, symbols, bullets, ellipses, alphabetic words and stop words.
 *
 * Source: Rae et al. 2021, arXiv:2112.11446, section A1.1; definitions and order of datatrove's GopherQualityFilter, whose reasons are kept.
 * Units: ratios are 0 to 1; word lengths are code points.
 */
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { splitWords, type WordSplitter } from './split-words.ts';
import { codePointLength, countOccurrences, splitLines } from './text-lines.ts';

/** The numbers of Gopher's quality rules; shares lie in [0, 1]. */
export interface GopherQualityThresholds {
  readonly minWords: number;
  readonly maxWords: number;
  readonly minAverageWordLength: number;
  readonly maxAverageWordLength: number;
  /** Hashes or ellipses per word. */
  readonly maxSymbolWordRatio: number;
  readonly maxBulletLinesRatio: number;
  readonly maxEllipsisLinesRatio: number;
  /** Least share of words with a letter (datatrove calls it max_non_alpha_words_ratio). */
  readonly minAlphabeticWordsRatio: number;
  /** Different stop words that must occur. */
  readonly minStopWords: number;
  /** Empty: the stop-word rule is off. */
  readonly stopWords: ReadonlySet<string>;
}

/** Thresholds, and how text is split into words. */
export interface GopherQualityOptions {
  /** One for all, or by language. */
  readonly thresholds: GopherQualityThresholds | ((language: string) => GopherQualityThresholds);
  readonly splitWords?: WordSplitter;
}

/** The punctuation of datatrove (cc_net's list and the control characters): a word made of these only is no word. */
const PUNCTUATION = new Set(
  '!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„\';’{|∶´[=-`*．（–？！：$～«〉,><》)?）。…@_."}►»' +
    String.fromCharCode(
      ...Array.from({ length: 9 }, (_, i) => i),
      11,
      12,
      ...Array.from({ length: 19 }, (_, i) => 13 + i),
      ...Array.from({ length: 33 }, (_, i) => 127 + i),
    ),
);

function hasNonPunctuation(word: string): boolean {
  for (const character of word) if (!PUNCTUATION.has(character)) return true;
  return false;
}

const HAS_LETTER = /\p{L}/u;
const endsWithEllipsis = (line: string): boolean => {
  const end = line.trimEnd();
  return end.endsWith('...') || end.endsWith('…');
};
const startsWithBullet = (line: string): boolean => /^\s*[•-]/.test(line);

/** Drops with datatrove's reasons, `gopher_short_doc` first and `gopher_enough_stop_words` last: the latter means that there were not enough. */
export function gopherQuality(options: GopherQualityOptions): DocumentFilter {
  const split = options.splitWords ?? splitWords;
  const { thresholds } = options;
  return {
    name: 'gopher_quality',
    check({ text, language }) {
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      const words = split(text, language);
      let numWords = 0;
      let numCharacters = 0;
      for (const word of words) {
        if (!hasNonPunctuation(word)) continue;
        numWords++;
        numCharacters += codePointLength(word);
      }
      if (numWords < limits.minWords || numWords === 0) return drop('gopher_short_doc');
      if (numWords > limits.maxWords) return drop('gopher_long_doc');
      const averageLength = numCharacters / numWords;
      if (averageLength < limits.minAverageWordLength) return drop('gopher_below_avg_threshold');
      if (averageLength > limits.maxAverageWordLength) return drop('gopher_above_avg_threshold');
      const hashes = countOccurrences(text, '#') / words.length;
      if (hashes > limits.maxSymbolWordRatio) return drop('gopher_too_many_hashes');
      const ellipses = (countOccurrences(text, '...') + countOccurrences(text, '…')) / words.length;
      if (ellipses > limits.maxSymbolWordRatio) return drop('gopher_too_many_ellipsis');
      const lines = splitLines(text);
      if (lines.filter(startsWithBullet).length / lines.length > limits.maxBulletLinesRatio)
        return drop('gopher_too_many_bullets');
      if (lines.filter(endsWithEllipsis).length / lines.length > limits.maxEllipsisLinesRatio)
        return drop('gopher_too_many_end_ellipsis');
      const alphabetic = words.filter((word) => HAS_LETTER.test(word)).length / words.length;
      if (alphabetic < limits.minAlphabeticWordsRatio) return drop('gopher_below_alpha_threshold');
      if (limits.stopWords.size > 0 && limits.minStopWords > 0) {
        const present = new Set<string>();
        for (const word of words) if (limits.stopWords.has(word)) present.add(word);
        if (present.size < limits.minStopWords) return drop('gopher_enough_stop_words');
      }
      return KEEP;
    },
  };
}
