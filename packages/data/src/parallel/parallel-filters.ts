/**
 * Rules that a translation pair must pass, each with its reason.
 *
 * Source: OpusFilter (Aulamo et al. 2020): LengthFilter, LengthRatioFilter, CharacterScoreFilter (script), NonZeroNumeralsFilter and
 * TerminalPunctuationFilter, here per pair of texts. Marco-LLM's own rules and thresholds are not public.
 * Units: lengths in code points, because words cannot be counted alike in all scripts; ratios longer over shorter.
 */

import { drop, KEEP, type Verdict } from '../filters/document-filter.ts';
import { codePointLength } from '../filters/text-lines.ts';
import { detectScript } from '../languages/detect-script.ts';
import type { ParallelPair } from './align-paragraphs.ts';

export interface ParallelThresholds {
  readonly minCharacters: number;
  readonly maxCharacters: number;
  /** Largest ratio after dividing by what the scripts' density makes normal. */
  readonly maxLengthRatio: number;
  /** Least share of letters in the script that the language code names. */
  readonly minScriptShare: number;
  /** Least similarity of the digits on both sides, 0 to 1. */
  readonly minNumeralSimilarity: number;
}

export const DEFAULT_PARALLEL_THRESHOLDS: ParallelThresholds = {
  minCharacters: 2,
  maxCharacters: 4000,
  maxLengthRatio: 3,
  minScriptShare: 0.7,
  minNumeralSimilarity: 0.5,
};

export interface ParallelFilter {
  readonly name: string;
  check(pair: ParallelPair): Verdict;
}

/** Characters that say what about 100 characters of Latin script say. */
const DENSITY: Readonly<Record<string, number>> = {
  Hans: 33,
  Hant: 33,
  Hani: 33,
  Jpan: 45,
  Hang: 50,
  Ethi: 65,
  Hebr: 80,
  Arab: 85,
};
const LATIN_DENSITY = 100;

const density = (language: string): number => DENSITY[language.slice(-4)] ?? LATIN_DENSITY;

/** ASCII digits of a text; digits of every script count by their value. */
function digitsOf(text: string): string {
  let digits = '';
  for (const [character] of text.matchAll(/\p{Nd}/gu)) {
    let zero = character.codePointAt(0)!;
    const start = zero;
    while (start - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    digits += String((start - zero) % 10);
  }
  return digits;
}

/** Share of digits that both sides have in the same order (longest common subsequence over the longer). */
function numeralSimilarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  let previous = new Uint32Array(b.length + 1);
  for (const digit of a) {
    const current = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      current[j] = digit === b[j - 1] ? previous[j - 1]! + 1 : Math.max(previous[j]!, current[j - 1]!);
    }
    previous = current;
  }
  return previous[b.length]! / longest;
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
      check: ({ source, target, sourceLanguage, targetLanguage }) => {
        const left = codePointLength(source) / density(sourceLanguage);
        const right = codePointLength(target) / density(targetLanguage);
        return Math.max(left, right) / Math.min(left, right) > limits.maxLengthRatio ? drop('length_ratio') : KEEP;
      },
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
      check: ({ source, target }) =>
        numeralSimilarity(digitsOf(source), digitsOf(target)) < limits.minNumeralSimilarity
          ? drop('numeral_mismatch')
          : KEEP,
    },
  ];
}

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
