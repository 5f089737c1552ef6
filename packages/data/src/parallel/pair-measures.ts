/**
 * What the rules and the built-in scorer measure on the two sides of a translation pair.
 *
 * Source: OpusFilter (Aulamo et al. 2020): LengthRatioFilter, NonZeroNumeralsFilter, LongWordFilter, RepetitionFilter, HtmlTagFilter and
 * TerminalPunctuationFilter, whose score is that of Vázquez et al. 2019.
 * Units: lengths in code points, because words cannot be counted alike in all scripts; ratios longer over shorter.
 * Differs: sentence ends of all scripts count, not those of Latin script alone; zeros count among the numerals.
 */
import { codePointLength } from '../filters/text-lines.ts';
import type { ParallelPair } from './align-paragraphs.ts';

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

/** @returns longer over shorter side, 1 or more, after dividing by what the scripts' density makes normal */
export function lengthRatio({ source, target, sourceLanguage, targetLanguage }: ParallelPair): number {
  const left = codePointLength(source) / density(sourceLanguage);
  const right = codePointLength(target) / density(targetLanguage);
  return Math.max(left, right) / Math.min(left, right);
}

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

/** @returns share of digits that both sides have in the same order (longest common subsequence over the longer); 1 without digits */
export function numeralSimilarity({ source, target }: ParallelPair): number {
  const a = digitsOf(source);
  const b = digitsOf(target);
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

const SENTENCE_ENDS = /[.?!…。．？！।॥؟۔։።]/gu;

/** @returns 0 when both sides have the same number of sentence ends and at most one, else -ln(1 + difference + ends beyond the first) */
export function terminalPunctuationScore({ source, target }: ParallelPair): number {
  const left = source.match(SENTENCE_ENDS)?.length ?? 0;
  const right = target.match(SENTENCE_ENDS)?.length ?? 0;
  return -Math.log1p(Math.abs(left - right) + Math.max(0, left - 1) + Math.max(0, right - 1));
}

const SCRIPTS_WITHOUT_SPACES = new Set(['Hans', 'Hant', 'Hani', 'Jpan', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt']);

/** @returns length of the longest run without white space; 0 in scripts that put no spaces between words */
export function longestWord(text: string, language: string): number {
  if (SCRIPTS_WITHOUT_SPACES.has(language.slice(-4))) return 0;
  return text.split(/\s+/u).reduce((longest, word) => Math.max(longest, codePointLength(word)), 0);
}

/** Characters that a run must have to count as repeated, at least and at most. */
const SHORTEST_UNIT = 3;
const LONGEST_UNIT = 100;
const SPACE = 0x20;
const WHITE_SPACE = /^\s$/u;
const LINE_ENDS: ReadonlySet<number> = new Set([0x0a, 0x0d, 0x2028, 0x2029]);

/**
 * Finds what `/(\S.{2,99}?)(?: *\1)+/gu` finds, in a fraction of its time: leftmost and shortest unit first, spaces between its copies allowed.
 * @returns how many times a run of three characters or more comes again directly after itself, at most
 */
export function maxRepetitionsIn(text: string): number {
  const points = Uint32Array.from(text, (character) => character.codePointAt(0)!);
  const numPoints = points.length;
  /** @returns where a copy ends that begins at `from` or behind spaces there; -1 where there is none */
  const copyEnd = (unit: number, length: number, from: number): number => {
    let at = from;
    while (points[at] === SPACE) at++;
    for (let i = 0; i < length; i++) if (points[at + i] !== points[unit + i]) return -1;
    return at + length;
  };
  let most = 0;
  let lineEnd = -1;
  for (let start = 0; start + 2 * SHORTEST_UNIT <= numPoints; start++) {
    if (lineEnd < start) {
      lineEnd = start;
      while (lineEnd < numPoints && !LINE_ENDS.has(points[lineEnd]!)) lineEnd++;
    }
    const longest = Math.min(LONGEST_UNIT, lineEnd - start, (numPoints - start) >> 1);
    const first = points[start]!;
    if (first === SPACE) continue;
    for (let length = SHORTEST_UNIT; length <= longest; length++) {
      const next = points[start + length];
      if (next !== first && next !== SPACE) continue;
      let end = copyEnd(start, length, start + length);
      if (end < 0) continue;
      if (WHITE_SPACE.test(String.fromCodePoint(first))) break;
      let repetitions = 0;
      for (let after = end; after >= 0; after = copyEnd(start, length, end)) {
        repetitions++;
        end = after;
      }
      most = Math.max(most, repetitions);
      start = end - 1;
      break;
    }
  }
  return most;
}

const HTML_TAGS = /<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>|<!--/giu;

/** @returns number of HTML tags and comments */
export const countHtmlTags = (text: string): number => text.match(HTML_TAGS)?.length ?? 0;
