/**
 * Repeated runs of words of one text, counted by hashes instead of by strings: what the repetition rules ask for nine lengths of runs.
 *
 * A run's hash is a difference of two prefix hashes, so each costs the same whatever its length. Source: Karp and Rabin 1987, with two bases.
 * Units: lengths are code points, as Python has them.
 */
import { codePointLength } from './text-lines.ts';

export interface WordGrams {
  /** Takes the words of the next text. */
  load(words: readonly string[]): void;
  /** Code points of all occurrences of the most frequent run of n words, spaces between them included; among equals the first seen. */
  topCharacters(n: number): number;
  /** Code points of runs of n words seen before, without spaces; after a repeat the search goes on behind it, so that none counts twice. */
  repeatedCharacters(n: number): number;
}

const LOW_BASE = 0x01000193;
const HIGH_BASE = 0x5bd1e995;
const SPACE = 32;

/** Prefix hashes of words that are joined with or without a space: equal joined texts have equal hashes, wherever their words end. */
interface Prefixes {
  low: Int32Array;
  high: Int32Array;
  /** UTF-16 units up to word i. */
  units: Int32Array;
}

const grow = (values: Int32Array, length: number): Int32Array => {
  if (values.length >= length) return values;
  const larger = new Int32Array(Math.max(length, values.length * 2));
  larger.set(values);
  return larger;
};

/** One set of tables that texts in turn fill anew. */
export function createWordGrams(): WordGrams {
  let numWords = 0;
  let codePoints: Int32Array = new Int32Array(0);
  const joined: Prefixes = { low: new Int32Array(0), high: new Int32Array(0), units: new Int32Array(0) };
  const spaced: Prefixes = { low: new Int32Array(0), high: new Int32Array(0), units: new Int32Array(0) };
  // Powers of the bases, by number of units.
  let lowPowers: Int32Array = Int32Array.of(1);
  let highPowers: Int32Array = Int32Array.of(1);
  let numPowers = 1;
  // A slot belongs to the current question when it carries its mark: nothing is cleared in between.
  let marks = new Int32Array(0);
  let lows = new Int32Array(0);
  let highs = new Int32Array(0);
  let counts = new Int32Array(0);
  let mark = 0;

  const prefixes = (words: readonly string[], into: Prefixes, hasSpaces: boolean): void => {
    into.low = grow(into.low, words.length + 1);
    into.high = grow(into.high, words.length + 1);
    into.units = grow(into.units, words.length + 1);
    let [low, high, units] = [0, 0, 0];
    into.low[0] = into.high[0] = into.units[0] = 0;
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      for (let k = 0; k < word.length; k++) {
        const unit = word.charCodeAt(k) + 1;
        low = (Math.imul(low, LOW_BASE) + unit) | 0;
        high = (Math.imul(high, HIGH_BASE) + unit) | 0;
      }
      units += word.length;
      if (hasSpaces) {
        low = (Math.imul(low, LOW_BASE) + SPACE) | 0;
        high = (Math.imul(high, HIGH_BASE) + SPACE) | 0;
        units++;
      }
      into.low[i + 1] = low;
      into.high[i + 1] = high;
      into.units[i + 1] = units;
    }
  };
  const growPowers = (length: number): void => {
    lowPowers = grow(lowPowers, length + 1);
    highPowers = grow(highPowers, length + 1);
    for (; numPowers <= length; numPowers++) {
      lowPowers[numPowers] = Math.imul(lowPowers[numPowers - 1]!, LOW_BASE);
      highPowers[numPowers] = Math.imul(highPowers[numPowers - 1]!, HIGH_BASE);
    }
  };
  /** Slot of words [i, i + n): its own when they were met before, else an empty one that is theirs now with a count of 0. */
  const slotOf = ({ low, high, units }: Prefixes, i: number, n: number): number => {
    const length = units[i + n]! - units[i]!;
    const lowHash = (low[i + n]! - Math.imul(low[i]!, lowPowers[length]!)) | 0;
    const highHash = (high[i + n]! - Math.imul(high[i]!, highPowers[length]!)) | 0;
    const last = marks.length - 1;
    let mixed = Math.imul(lowHash ^ (highHash >>> 15), 0x85ebca6b);
    mixed ^= mixed >>> 13;
    let slot = mixed & last;
    while (marks[slot] === mark) {
      if (lows[slot] === lowHash && highs[slot] === highHash) return slot;
      slot = (slot + 1) & last;
    }
    marks[slot] = mark;
    lows[slot] = lowHash;
    highs[slot] = highHash;
    counts[slot] = 0;
    return slot;
  };

  return {
    load: (words) => {
      numWords = words.length;
      prefixes(words, joined, false);
      prefixes(words, spaced, true);
      codePoints = grow(codePoints, numWords + 1);
      codePoints[0] = 0;
      for (let i = 0; i < numWords; i++) codePoints[i + 1] = codePoints[i]! + codePointLength(words[i]!);
      // Runs have at most as many units as the text; nobody asks for longer ones.
      growPowers(spaced.units[numWords]!);
      if (marks.length < numWords * 2) {
        const capacity = 2 ** Math.ceil(Math.log2(Math.max(64, numWords * 2)));
        marks = new Int32Array(capacity);
        lows = new Int32Array(capacity);
        highs = new Int32Array(capacity);
        counts = new Int32Array(capacity);
        mark = 0;
      }
    },
    topCharacters: (n) => {
      mark++;
      let [most, top] = [0, -1];
      const numRuns = numWords - n + 1;
      for (let i = 0; i < numRuns; i++) most = Math.max(most, ++counts[slotOf(spaced, i, n)]!);
      // The first run to be met among those with the largest count.
      for (let i = 0; i < numRuns && top < 0; i++) if (counts[slotOf(spaced, i, n)] === most) top = i;
      return top < 0 ? 0 : (codePoints[top + n]! - codePoints[top]! + n - 1) * most;
    },
    repeatedCharacters: (n) => {
      mark++;
      let characters = 0;
      let i = 0;
      while (i + n <= numWords) {
        const slot = slotOf(joined, i, n);
        if (counts[slot]! > 0) {
          characters += codePoints[i + n]! - codePoints[i]!;
          i += n;
        } else {
          counts[slot] = 1;
          i++;
        }
      }
      return characters;
    },
  };
}
