/**
 * Rules for what a model wrote: refusals, copies of the prompt and wrong lengths are no training text.
 *
 * The prompt stands in the document's metadata (`prompt`), where `synthesizeDocuments` puts it.
 */
import type { Document } from '../document.ts';
import { type DocumentFilter, drop, KEEP } from '../filters/document-filter.ts';
import { splitWords } from '../filters/split-words.ts';

/** What an answer may be. */
export interface AnswerFilterOptions {
  /** @default 20 */
  readonly minWords?: number;
  /** @default 20_000 */
  readonly maxWords?: number;
  /** Largest share of the answer's 8-grams of words that also stand in the prompt. @default 0.2 */
  readonly maxPromptOverlap?: number;
  /** How refusals begin; lower case. @default a few in English and Chinese */
  readonly refusals?: readonly string[];
}

const REFUSALS = [
  'i cannot',
  "i can't",
  'i can not',
  "i'm sorry",
  'i am sorry',
  'sorry, ',
  'as an ai',
  'as a language model',
  "i'm unable",
  'i am unable',
  '抱歉',
  '对不起',
  '很抱歉',
  '作为一个人工智能',
  '我无法',
];
const OVERLAP_WORDS = 8;

/** Drops as `refusal`, `answer_too_short`, `answer_too_long`, `prompt_copied` or `prompt_mentioned`. */
export function answerFilter(options: AnswerFilterOptions = {}): DocumentFilter {
  const { minWords = 20, maxWords = 20_000, maxPromptOverlap = 0.2, refusals = REFUSALS } = options;
  return {
    name: 'answer',
    check(document) {
      const opening = document.text.trimStart().slice(0, 80).toLowerCase().replaceAll('’', "'");
      if (refusals.some((refusal) => opening.startsWith(refusal))) return drop('refusal');
      const words = wordsOf(document.text, document.language);
      if (words.length < minWords) return drop('answer_too_short');
      if (words.length > maxWords) return drop('answer_too_long');
      if (overlapWith(document, words) > maxPromptOverlap) return drop('prompt_copied');
      if (/\b(?:given|created) samples?\b/i.test(document.text)) return drop('prompt_mentioned');
      return KEEP;
    },
  };
}

function overlapWith({ metadata, language }: Document, words: readonly string[]): number {
  const { prompt } = metadata;
  if (typeof prompt !== 'string' || words.length < OVERLAP_WORDS) return 0;
  const asked = new Set(ngrams(wordsOf(prompt, language)));
  const written = [...ngrams(words)];
  return written.filter((ngram) => asked.has(ngram)).length / written.length;
}

function wordsOf(text: string, language: string): string[] {
  return splitWords(text.toLowerCase(), language).filter((word) => /[\p{L}\p{N}]/u.test(word));
}

function* ngrams(words: readonly string[]): Iterable<string> {
  for (let start = 0; start + OVERLAP_WORDS <= words.length; start++) {
    yield words.slice(start, start + OVERLAP_WORDS).join(' ');
  }
}
