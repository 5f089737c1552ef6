/**
 * Drops documents that are too short, too long, or made too much of symbols, digits, punctuation or undecodable bytes.
 *
 * Source: Marco-LLM, arXiv:2412.04003, names punctuation share, document length and share of special symbols without numbers; the numbers are
 * SailCraft's (see `thresholds/threshold-table.ts`) and this package's own for U+FFFD.
 * Units: shares of code points that are no white space, 0 to 1; lengths in code points.
 */
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { codePointLength } from './text-lines.ts';

/** Lengths in code points, and largest shares of the text, from 0 to 1. */
export interface CharacterSharesThresholds {
  readonly minCharacters: number;
  readonly maxCharacters: number;
  /** Largest share of anything but letters, marks and digits. */
  readonly maxSpecialCharacters: number;
  readonly maxPunctuation: number;
  readonly maxDigits: number;
  /** U+FFFD: bytes that some step could not decode. */
  readonly maxReplacementCharacters: number;
}

/** Wide limits that any prose keeps to. */
export const DEFAULT_CHARACTER_SHARES: CharacterSharesThresholds = {
  minCharacters: 1,
  maxCharacters: 1_000_000,
  maxSpecialCharacters: 0.4,
  maxPunctuation: 0.3,
  maxDigits: 0.3,
  maxReplacementCharacters: 0.001,
};

/** Thresholds of the rule. */
export interface CharacterSharesOptions {
  /** One for all, or by language. */
  readonly thresholds?: CharacterSharesThresholds | ((language: string) => CharacterSharesThresholds);
}

/** Ethiopic word space and Tibetan tsheg count as spaces. */
const WHITE_SPACE = /[\s\u1361\u0f0b\u0f0c]/gu;
const PUNCTUATION = /(?![\u1361\u0f0b\u0f0c])\p{P}/gu;
const DIGITS = /\p{N}/gu;
const SPECIAL = /[^\p{L}\p{M}\p{N}\s\u1361\u0f0b\u0f0c\u200c\u200d]/gu;
const REPLACEMENT = /\ufffd/g;

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Drops as `empty`, `too_short`, `too_long`, `replacement_characters`, `special_characters`, `punctuation_share` or `digit_share`. */
export function characterShares(options: CharacterSharesOptions = {}): DocumentFilter {
  const { thresholds = DEFAULT_CHARACTER_SHARES } = options;
  return {
    name: 'character_shares',
    check({ text, language }) {
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      const length = codePointLength(text);
      const visible = length - count(text, WHITE_SPACE);
      if (visible === 0) return drop('empty');
      if (length < limits.minCharacters) return drop('too_short');
      if (length > limits.maxCharacters) return drop('too_long');
      if (count(text, REPLACEMENT) / visible > limits.maxReplacementCharacters) return drop('replacement_characters');
      if (count(text, SPECIAL) / visible > limits.maxSpecialCharacters) return drop('special_characters');
      if (count(text, PUNCTUATION) / visible > limits.maxPunctuation) return drop('punctuation_share');
      if (count(text, DIGITS) / visible > limits.maxDigits) return drop('digit_share');
      return KEEP;
    },
  };
}
