/**
 * FineWeb's own rules: lines that end in punctuation, short lines, repeated lines, lists.
 *
 * Source: Penedo et al. 2024, arXiv:2406.17557; definitions and order of datatrove's FineWebQualityFilter, whose reasons are kept.
 * Units: ratios 0 to 1.
 */
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { splitWords, type WordSplitter } from './split-words.ts';
import { codePointLength, countOccurrences, countRepeats } from './text-lines.ts';

/** The numbers of FineWeb's rules; shares lie in [0, 1]. */
export interface FineWebQualityThresholds {
  /** At most this share of lines ending a sentence drops the document. */
  readonly linePunctuationRatio: number;
  /** Whether a document without any such line passes that rule. */
  readonly linePunctuationExcludeZero: boolean;
  /** From this share of short lines on it is dropped; null: the rule is off. */
  readonly shortLineRatio: number | null;
  /** Code points. */
  readonly shortLineLength: number;
  /** From this share of repeated characters on it is dropped. */
  readonly characterDuplicatesRatio: number;
  /** Line feeds per word. */
  readonly newLineRatio: number;
}

/** Thresholds, and how text is split into words. */
export interface FineWebQualityOptions {
  /** One for all, or by language. */
  readonly thresholds: FineWebQualityThresholds | ((language: string) => FineWebQualityThresholds);
  readonly splitWords?: WordSplitter;
}

/** Unicode's Sentence_Terminal property (full stops, question and exclamation marks of every script) and three Khmer marks of datatrove's list. */
export const ENDS_SENTENCE = /[\p{Sentence_Terminal}៖៙៚]$/u;

/** Drops as `empty`, `line_punct_ratio`, `short_line_ratio`, `char_dup_ratio` or `list_ratio`. */
export function fineWebQuality(options: FineWebQualityOptions): DocumentFilter {
  const split = options.splitWords ?? splitWords;
  const { thresholds } = options;
  return {
    name: 'fineweb_quality',
    check({ text, language }) {
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      if (lines.length === 0) return drop('empty');
      const ended = lines.filter((line) => ENDS_SENTENCE.test(line)).length / lines.length;
      if (ended < limits.linePunctuationRatio && !(ended === 0 && limits.linePunctuationExcludeZero))
        return drop('line_punct_ratio');
      if (limits.shortLineRatio !== null) {
        const short = lines.filter((line) => codePointLength(line) <= limits.shortLineLength).length / lines.length;
        if (short > limits.shortLineRatio) return drop('short_line_ratio');
      }
      const length = codePointLength(text) - countOccurrences(text, '\n');
      if (countRepeats(lines).characters / length > limits.characterDuplicatesRatio) return drop('char_dup_ratio');
      const words = split(text, language);
      if (countOccurrences(text, '\n') / words.length > limits.newLineRatio) return drop('list_ratio');
      return KEEP;
    },
  };
}
