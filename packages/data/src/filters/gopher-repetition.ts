/**
 * Gopher's repetition rules: repeated lines and paragraphs, the most frequent 2- to 4-gram, and repeated 5- to 10-grams.
 *
 * Source: Rae et al. 2021, arXiv:2112.11446, table A1; definitions and order of datatrove's GopherRepetitionFilter, whose reasons are kept.
 * Units: shares of the document's code points (lines and paragraphs: also of their number), 0 to 1.
 */
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { splitWords, type WordSplitter } from './split-words.ts';
import { codePointLength, countRepeats } from './text-lines.ts';
import { createWordGrams } from './word-grams.ts';

/** Largest shares of repeated text, from 0 to 1. */
export interface GopherRepetitionThresholds {
  /** null: the rule is off. */
  readonly duplicateLineFraction: number | null;
  readonly duplicateLineCharacterFraction: number | null;
  readonly duplicateParagraphFraction: number | null;
  readonly duplicateParagraphCharacterFraction: number | null;
  /** [n, largest share of the most frequent n-gram] */
  readonly topNGrams: readonly (readonly [number, number])[];
  /** [n, largest share of n-grams seen before] */
  readonly duplicateNGrams: readonly (readonly [number, number])[];
}

/** Thresholds, and how text is split into words. */
export interface GopherRepetitionOptions {
  /** One for all, or by language. */
  readonly thresholds: GopherRepetitionThresholds | ((language: string) => GopherRepetitionThresholds);
  readonly splitWords?: WordSplitter;
}

const exceeds = (value: number, limit: number | null): boolean => limit !== null && value > limit;

/** Drops as `empty`, `dup_para_frac`, `dup_line_frac` (each also `_char_frac`), `top_<n>_gram` or `duplicated_<n>_n_grams`. */
export function gopherRepetition(options: GopherRepetitionOptions): DocumentFilter {
  const split = options.splitWords ?? splitWords;
  const { thresholds } = options;
  const grams = createWordGrams();
  return {
    name: 'gopher_repetition',
    check({ text, language }) {
      if (text === '') return drop('empty');
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      const length = codePointLength(text);
      const paragraphs = text.trim().split(/\n{2,}/);
      const paragraphRepeats = countRepeats(paragraphs);
      if (exceeds(paragraphRepeats.elements / paragraphs.length, limits.duplicateParagraphFraction))
        return drop('dup_para_frac');
      if (exceeds(paragraphRepeats.characters / length, limits.duplicateParagraphCharacterFraction))
        return drop('dup_para_char_frac');
      const lines = text.split(/\n+/);
      const lineRepeats = countRepeats(lines);
      if (exceeds(lineRepeats.elements / lines.length, limits.duplicateLineFraction)) return drop('dup_line_frac');
      if (exceeds(lineRepeats.characters / length, limits.duplicateLineCharacterFraction))
        return drop('dup_line_char_frac');
      const words = split(text, language);
      grams.load(words);
      for (const [n, limit] of limits.topNGrams) {
        if (words.length >= n && grams.topCharacters(n) / length > limit) return drop(`top_${n}_gram`);
      }
      for (const [n, limit] of limits.duplicateNGrams) {
        if (words.length >= n && grams.repeatedCharacters(n) / length > limit) return drop(`duplicated_${n}_n_grams`);
      }
      return KEEP;
    },
  };
}
