/**
 * Character classes as the reference library has them, for every code point, independent of the JavaScript engine's Unicode version.
 *
 * Differs from JavaScript's `\s`: U+0085 is a space and U+FEFF is none.
 */
import { LETTERS, NORMALIZATION_GAPS, NUMBERS, SPACES, UNASSIGNED } from '../generated/unicode-tables.ts';

export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
export const NEWLINE = 4;

/** `[first, last]` pairs of a packed set. */
function unpackRanges(packed: string): [number, number][] {
  const ranges: [number, number][] = [];
  const numbers = packed.split(' ');
  let position = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const first = position + Number.parseInt(numbers[i]!, 36);
    position = first + Number.parseInt(numbers[i + 1]!, 36);
    ranges.push([first, position - 1]);
  }
  return ranges;
}

let classes: Uint8Array | undefined;

/** Class of every code point, [0x110000]; made once. */
export function unicodeClasses(): Uint8Array {
  if (classes) return classes;
  const table = new Uint8Array(0x110000);
  for (const [packed, value] of [
    [LETTERS, LETTER],
    [NUMBERS, NUMBER],
    [SPACES, SPACE],
  ] as const) {
    for (const [first, last] of unpackRanges(packed)) table.fill(value, first, last + 1);
  }
  table[0x0a] = NEWLINE;
  table[0x0d] = NEWLINE;
  return (classes = table);
}

/** Body of a regular expression class (no brackets) holding the ranges of a set; for the `u` and `v` flags. */
export function classBody(set: 'letters' | 'numbers' | 'spaces' | 'unassigned' | 'normalizationGaps'): string {
  const packed = {
    letters: LETTERS,
    numbers: NUMBERS,
    spaces: SPACES,
    unassigned: UNASSIGNED,
    normalizationGaps: NORMALIZATION_GAPS,
  }[set];
  const spell = (code: number) => `\\u{${code.toString(16)}}`;
  return unpackRanges(packed)
    .map(([first, last]) => (first === last ? spell(first) : `${spell(first)}-${spell(last)}`))
    .join('');
}
