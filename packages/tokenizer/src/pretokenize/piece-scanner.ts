/**
 * Hand-written forms of the three common byte-level split patterns.
 *
 * Source: the regular expressions of GPT-2, Qwen2 and Llama 3 in their tokenizer.json; each function tries the alternatives in the
 * pattern's order at one place. Input is UTF-16 without lone surrogates.
 */
import { LETTER, NEWLINE, NUMBER, OTHER, SPACE, unicodeClasses } from './unicode-classes.ts';

/** End of the piece that starts at `start`; the text ends at `end`. */
export type PieceScanner = (units: Uint16Array, start: number, end: number) => number;

/** How GPT-2 splits text before merging. */
export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** How Qwen2 and Qwen2.5 split text before merging: every digit is a piece of its own. */
export const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** How Llama 3 splits text before merging: Qwen2's pattern with up to three digits in a piece. */
export const LLAMA3_PATTERN = QWEN2_PATTERN.replace('|\\p{N}|', '|\\p{N}{1,3}|');

/** The scanner of a known pattern, or null. */
export function scannerFor(pattern: string): PieceScanner | null {
  if (pattern === QWEN2_PATTERN) return createCl100kScanner(1);
  if (pattern === LLAMA3_PATTERN) return createCl100kScanner(3);
  if (pattern === GPT2_PATTERN) return createGpt2Scanner();
  return null;
}

const APOSTROPHE = 0x27;
const BLANK = 0x20;

/** Units of an English contraction at an apostrophe (2 or 3), else 0. */
function contractionLength(units: Uint16Array, start: number, end: number, ignoreCase: boolean): number {
  if (start + 1 >= end) return 0;
  const fold = ignoreCase ? 0x20 : 0;
  const first = units[start + 1]!;
  const a = first < 0x80 ? first | fold : first;
  if (a === 0x73 || a === 0x74 || a === 0x6d || a === 0x64) return 2;
  if (first === 0x17f && ignoreCase) return 2; // long s folds to s
  if (start + 2 >= end) return 0;
  const second = units[start + 2]!;
  const b = second < 0x80 ? second | fold : second;
  if ((a === 0x72 && b === 0x65) || (a === 0x76 && b === 0x65) || (a === 0x6c && b === 0x6c)) return 3;
  return 0;
}

function createCl100kScanner(maxDigits: number): PieceScanner {
  const classes = unicodeClasses();

  return (units, start, end) => {
    const unit = units[start]!;
    if (unit === APOSTROPHE) {
      const length = contractionLength(units, start, end, true);
      if (length > 0) return start + length;
    }
    let i = start + 1;
    let kind = classes[unit]!;
    if (unit >= 0xd800 && unit <= 0xdbff) {
      kind = classes[0x10000 + ((unit & 0x3ff) << 10) + (units[i]! & 0x3ff)]!;
      i++;
    }
    if (kind === LETTER) return skipClass(classes, units, i, end, LETTER);
    if (kind === NUMBER) {
      for (let digits = 1; digits < maxDigits && i < end; digits++) {
        const size = unitsIfClass(classes, units, i, NUMBER);
        if (size === 0) break;
        i += size;
      }
      return i;
    }
    if (kind !== NEWLINE && i < end) {
      const size = unitsIfClass(classes, units, i, LETTER);
      if (size > 0) return skipClass(classes, units, i + size, end, LETTER);
    }
    if (kind === OTHER || (unit === BLANK && i < end && unitsIfClass(classes, units, i, OTHER) > 0)) {
      i = skipClass(classes, units, i, end, OTHER);
      while (i < end && (units[i]! === 0x0a || units[i]! === 0x0d)) i++;
      return i;
    }
    let lastNewline = kind === NEWLINE ? start : -1;
    for (; i < end; i++) {
      const next = classes[units[i]!]!;
      if (next === NEWLINE) lastNewline = i;
      else if (next !== SPACE) break;
    }
    if (lastNewline >= 0) return lastNewline + 1;
    return i < end && i > start + 1 ? i - 1 : i;
  };
}

function createGpt2Scanner(): PieceScanner {
  const classes = unicodeClasses();
  return (units, start, end) => {
    const unit = units[start]!;
    if (unit === APOSTROPHE) {
      const length = contractionLength(units, start, end, false);
      if (length > 0) return start + length;
    }
    const from = unit === BLANK && start + 1 < end ? start + 1 : start;
    const code = units[from]!;
    const isPair = code >= 0xd800 && code <= 0xdbff;
    const kind = classes[isPair ? 0x10000 + ((code & 0x3ff) << 10) + (units[from + 1]! & 0x3ff) : code]!;
    if (kind < SPACE) return skipClass(classes, units, from + (isPair ? 2 : 1), end, kind);
    let i = start + 1;
    while (i < end && classes[units[i]!]! >= SPACE) i++;
    return i < end && i > start + 1 ? i - 1 : i;
  };
}

function skipClass(classes: Uint8Array, units: Uint16Array, i: number, end: number, kind: number): number {
  while (i < end) {
    const unit = units[i]!;
    if (unit < 0xd800 || unit > 0xdbff) {
      if (classes[unit]! !== kind) break;
      i++;
    } else {
      if (classes[0x10000 + ((unit & 0x3ff) << 10) + (units[i + 1]! & 0x3ff)]! !== kind) break;
      i += 2;
    }
  }
  return i;
}

/** Units of the character at `i` when it is of a class, else 0. */
function unitsIfClass(classes: Uint8Array, units: Uint16Array, i: number, kind: number): number {
  const unit = units[i]!;
  if (unit < 0xd800 || unit > 0xdbff) return classes[unit]! === kind ? 1 : 0;
  return classes[0x10000 + ((unit & 0x3ff) << 10) + (units[i + 1]! & 0x3ff)]! === kind ? 2 : 0;
}
