/**
 * The words of a text as duplicates are compared by: lower case, without punctuation and diacritics, every number the same.
 *
 * Source: the text normalisation of datatrove's MinHash and n-gram decontamination.
 */
import { splitWords, type WordSplitter } from '../filters/split-words.ts';

const NONSPACING_MARKS = /\p{Mn}/gu;
const NUMBERS = /\p{Nd}+/gu;
const NOT_IN_WORD = /[^\p{L}\p{M}\p{N}]+/gu;

/** @returns the text in lower case, with single spaces in the place of everything but letters and digits */
export function comparableText(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(NONSPACING_MARKS, '')
    .normalize('NFC')
    .replace(NUMBERS, '0')
    .replace(NOT_IN_WORD, ' ');
}

/** @returns words without punctuation; `language` chooses how they are split */
export function comparableWords(text: string, language: string, split: WordSplitter = splitWords): readonly string[] {
  return split(comparableText(text), language);
}

/** Calls `visit` with every run of n words, or once with all of them when there are fewer. */
export function forEachWordNGram(words: readonly string[], n: number, visit: (gram: string) => void): void {
  if (words.length === 0) return;
  const last = Math.max(0, words.length - n);
  for (let start = 0; start <= last; start++) visit(words.slice(start, start + n).join(' '));
}
