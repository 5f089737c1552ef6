/**
 * Rules that a translation pair must pass, each with its reason.
 *
 * Source: OpusFilter (Aulamo et al. 2020): LengthFilter, LengthRatioFilter, CharacterScoreFilter (script), NonZeroNumeralsFilter, LongWordFilter,
 * HtmlTagFilter, RepetitionFilter and TerminalPunctuationFilter, here per pair of texts. Marco-LLM's own rules and thresholds are not public.
 * Units: those of `pair-measures.ts`.
 * See also: `pairLanguages` and `pairDedup` are filters too; `filterByScore` takes a model's scores.
 */

import { drop, KEEP, type Verdict } from '../filters/document-filter.ts';
import { codePointLength } from '../filters/text-lines.ts';
import { detectScript } from '../languages/detect-script.ts';
import type { ParallelPair } from './align-paragraphs.ts';
import {
  countHtmlTags,
  lengthRatio,
  longestWord,
  maxRepetitionsIn,
  numeralSimilarity,
  terminalPunctuationScore,
} from './pair-measures.ts';

/** The numbers of the rules; lengths in code points. */
export interface ParallelThresholds {
  readonly minCharacters: number;
  readonly maxCharacters: number;
  /** Largest ratio after dividing by what the scripts' density makes normal. */
  readonly maxLengthRatio: number;
  /** Least share of letters in the script that the language code names. */
  readonly minScriptShare: number;
  /** Least similarity of the digits on both sides, 0 to 1. */
  readonly minNumeralSimilarity: number;
  /** Longest run without white space; scripts without spaces are exempt. */
  readonly maxWordCharacters: number;
  /** HTML tags and comments a side may have. */
  readonly maxHtmlTags: number;
  /** How many times a run of three characters or more may come again directly after itself. */
  readonly maxRepetitions: number;
  /** 0 for equal sentence ends, at most one a side; lower the more they differ. -2 allows four sentences a side. */
  readonly minTerminalPunctuationScore: number;
}

/** Limits that suit pairs of sentences or short paragraphs in any script. */
export const DEFAULT_PARALLEL_THRESHOLDS: ParallelThresholds = {
  minCharacters: 2,
  maxCharacters: 4000,
  maxLengthRatio: 3,
  minScriptShare: 0.7,
  minNumeralSimilarity: 0.5,
  maxWordCharacters: 40,
  maxHtmlTags: 0,
  maxRepetitions: 1,
  minTerminalPunctuationScore: -2,
};

/** A rule on single pairs; its name stands in funnels. */
export interface ParallelFilter {
  readonly name: string;
  /** Judges one pair. */
  check(pair: ParallelPair): Verdict;
}

const hanFamily = (script: string): string => (script === 'Hans' || script === 'Hant' ? 'Hani' : script);

function isInScript(text: string, language: string, minShare: number): boolean {
  const { script, share } = detectScript(text);
  if (script === 'Zyyy') return true;
  const wanted = language.slice(-4);
  // A short Japanese text may have no kana.
  if (wanted === 'Jpan' && hanFamily(script) === 'Hani') return true;
  return hanFamily(script) === hanFamily(wanted) && share >= minShare;
}

/** The rules in the order in which they are tried. */
export function parallelFilters(thresholds: Partial<ParallelThresholds> = {}): readonly ParallelFilter[] {
  const limits = { ...DEFAULT_PARALLEL_THRESHOLDS, ...thresholds };
  return [
    {
      name: 'empty',
      check: ({ source, target }) => (/\p{L}/u.test(source) && /\p{L}/u.test(target) ? KEEP : drop('empty_side')),
    },
    {
      name: 'length',
      check: ({ source, target }) => {
        const shortest = Math.min(codePointLength(source), codePointLength(target));
        const longest = Math.max(codePointLength(source), codePointLength(target));
        if (shortest < limits.minCharacters) return drop('side_too_short');
        return longest > limits.maxCharacters ? drop('side_too_long') : KEEP;
      },
    },
    {
      name: 'identical',
      check: ({ source, target }) =>
        source.trim().toLowerCase() === target.trim().toLowerCase() ? drop('identical_copy') : KEEP,
    },
    {
      name: 'length_ratio',
      check: (pair) => (lengthRatio(pair) > limits.maxLengthRatio ? drop('length_ratio') : KEEP),
    },
    {
      name: 'script',
      check: ({ source, target, sourceLanguage, targetLanguage }) =>
        isInScript(source, sourceLanguage, limits.minScriptShare) &&
        isInScript(target, targetLanguage, limits.minScriptShare)
          ? KEEP
          : drop('script_mismatch'),
    },
    {
      name: 'numerals',
      check: (pair) => (numeralSimilarity(pair) < limits.minNumeralSimilarity ? drop('numeral_mismatch') : KEEP),
    },
    {
      name: 'long_word',
      check: ({ source, target, sourceLanguage, targetLanguage }) =>
        Math.max(longestWord(source, sourceLanguage), longestWord(target, targetLanguage)) > limits.maxWordCharacters
          ? drop('long_word')
          : KEEP,
    },
    {
      name: 'html',
      check: ({ source, target }) =>
        Math.max(countHtmlTags(source), countHtmlTags(target)) > limits.maxHtmlTags ? drop('html_tags') : KEEP,
    },
    {
      name: 'repetition',
      check: ({ source, target }) =>
        Math.max(maxRepetitionsIn(source), maxRepetitionsIn(target)) > limits.maxRepetitions
          ? drop('repetition')
          : KEEP,
    },
    {
      name: 'terminal_punctuation',
      check: (pair) =>
        terminalPunctuationScore(pair) < limits.minTerminalPunctuationScore ? drop('terminal_punctuation') : KEEP,
    },
  ];
}

/** The pairs that passed, and how many did not, by reason. */
export interface FilteredPairs {
  readonly kept: readonly ParallelPair[];
  readonly droppedByReason: Readonly<Record<string, number>>;
}

/** kept + dropped = read; the first rule that drops a pair gives the reason. */
export function filterPairs(
  pairs: Iterable<ParallelPair>,
  filters: readonly ParallelFilter[] = parallelFilters(),
  onDrop?: (pair: ParallelPair, reason: string) => void,
): FilteredPairs {
  const kept: ParallelPair[] = [];
  const droppedByReason: Record<string, number> = {};
  for (const pair of pairs) {
    let reason: string | undefined;
    for (const filter of filters) {
      const verdict = filter.check(pair);
      if (verdict.keep) continue;
      reason = verdict.reason;
      break;
    }
    if (reason === undefined) kept.push(pair);
    else {
      droppedByReason[reason] = (droppedByReason[reason] ?? 0) + 1;
      onDrop?.(pair, reason);
    }
  }
  return { kept, droppedByReason };
}
