/**
 * C4's rules: takes out lines without a final mark, short lines, and lines on scripts, cookies and policies; drops pages of few sentences.
 *
 * Source: Raffel et al. 2020, arXiv:1910.10683, section 2.2, and its published code; definitions, order and reasons of datatrove's
 * C4QualityFilter, whose reasons are kept.
 * Units: lengths in code points, words as Python's `str.split()` has them.
 * Differs: sentences are counted by marks instead of NLTK's trained model, and end marks of every script are accepted on request.
 */
import { type DocumentFilter, drop, keepEdited } from '../document-filter.ts';
import { ENDS_SENTENCE } from '../fineweb-quality.ts';
import { splitOnWhiteSpace } from '../split-words.ts';
import { codePointLength, splitLines, stripWhiteSpace } from '../text-lines.ts';
import { countSentences, type SentenceCounter } from './count-sentences.ts';

/** C4's rules, each of which can be turned off. */
export interface C4QualityThresholds {
  /** Sentences that must remain; null: the rule is off. */
  readonly minSentences: number | null;
  /** Shorter lines go; null: the rule is off. */
  readonly minWordsPerLine: number | null;
  /** Lines with a longer word go; null: the rule is off. */
  readonly maxWordLength: number | null;
  /** `latin` are C4's own five marks, `any` also the sentence ends of other scripts, null keeps lines without one. */
  readonly terminalPunctuation: 'latin' | 'any' | null;
  readonly removeCitations: boolean;
  readonly dropLoremIpsum: boolean;
  readonly removeJavascriptLines: boolean;
  readonly dropCurlyBrackets: boolean;
  readonly removePolicyLines: boolean;
}

/** The numbers of the paper. */
export const C4_QUALITY: C4QualityThresholds = {
  minSentences: 5,
  minWordsPerLine: 3,
  maxWordLength: 1000,
  terminalPunctuation: 'latin',
  removeCitations: true,
  dropLoremIpsum: true,
  removeJavascriptLines: true,
  dropCurlyBrackets: true,
  removePolicyLines: true,
};

/** Thresholds, and how sentences are counted. */
export interface C4QualityOptions {
  /** One for all, or by language. */
  readonly thresholds?: C4QualityThresholds | ((language: string) => C4QualityThresholds);
  readonly countSentences?: SentenceCounter;
}

const CITATION = /\[\p{Nd}*\]|\[edit\]|\[citation needed\]/gu;
const LATIN_ENDS = new Set(['.', '?', '!', '"', "'"]);
const POLICY = /terms of use|privacy policy|cookie policy|uses cookies|use of cookies|use cookies/;

const hasFinalMark = (line: string, marks: 'latin' | 'any'): boolean =>
  !line.endsWith('...') && (LATIN_ENDS.has(line.at(-1) ?? '') || (marks === 'any' && ENDS_SENTENCE.test(line)));

/**
 * Drops as `lorem_ipsum`, `curly_bracket` or `too_few_sentences`; counts lines taken out as `line_too_long_word`,
 * `line_no_terminal_punctuation`, `line_too_few_words`, `line_javascript` and `line_policy`.
 */
export function c4Quality(options: C4QualityOptions = {}): DocumentFilter {
  const { thresholds = C4_QUALITY, countSentences: sentencesOf = countSentences } = options;
  return {
    name: 'c4_quality',
    check({ text, language }) {
      const limits = typeof thresholds === 'function' ? thresholds(language) : thresholds;
      const { maxWordLength, minWordsPerLine, minSentences, terminalPunctuation } = limits;
      const edits: Record<string, number> = {};
      const kept: string[] = [];
      let numSentences = 0;
      const takeOut = (reason: string): void => {
        edits[reason] = (edits[reason] ?? 0) + 1;
      };
      for (const rawLine of splitLines(text)) {
        const stripped = stripWhiteSpace(rawLine);
        const words = splitOnWhiteSpace(stripped, language);
        if (maxWordLength !== null && words.some((word) => codePointLength(word) > maxWordLength)) {
          takeOut('line_too_long_word');
          continue;
        }
        const line = limits.removeCitations ? stripped.replace(CITATION, '') : stripped;
        if (terminalPunctuation !== null && !hasFinalMark(line, terminalPunctuation)) {
          takeOut('line_no_terminal_punctuation');
          continue;
        }
        if (minWordsPerLine !== null && words.length < minWordsPerLine) {
          takeOut('line_too_few_words');
          continue;
        }
        const lowerCase = line.toLowerCase();
        if (limits.dropLoremIpsum && lowerCase.includes('lorem ipsum')) return drop('lorem_ipsum');
        if (limits.removeJavascriptLines && lowerCase.includes('javascript')) {
          takeOut('line_javascript');
          continue;
        }
        if (limits.dropCurlyBrackets && line.includes('{')) return drop('curly_bracket');
        if (limits.removePolicyLines && POLICY.test(lowerCase)) {
          takeOut('line_policy');
          continue;
        }
        if (minSentences !== null) numSentences += sentencesOf(line, language);
        kept.push(line);
      }
      if (minSentences !== null && numSentences < minSentences) return drop('too_few_sentences');
      const result = stripWhiteSpace(kept.join('\n'));
      return result === text ? keepEdited(text, edits) : { keep: true, text: result, edits };
    },
  };
}
