/**
 * Undoes UTF-8 that was read as Windows-1252 or Latin-1, once or several times (`cafÃ©`, `donâ€™t`, `ÐŸÑ€Ð¸`), and leaves other text alone.
 *
 * Source: the observation of ftfy (Speer 2019) that a UTF-8 sequence read as Windows-1252 begins with one of few characters and goes on with
 * characters that seldom follow them; the Encoding Standard's windows-1252, with Latin-1 in its five gaps. Rules and code are this package's.
 * Differs: a line whose characters beyond ASCII all form sequences is repaired as a whole, others sequence by sequence, so that a text that is
 * damaged in places is repaired in places; other pairs of encodings (for
 * example UTF-8 read as Windows-1251) are left alone.
 */
import { type DocumentFilter, KEEP, keepEdited } from '../filters/document-filter.ts';

/** The repaired text, and how much of it was changed. */
export interface RepairedText {
  readonly text: string;
  /** Characters that were put back. */
  readonly numRepairs: number;
}

/** Characters of the bytes 0x80 to 0x9f in Windows-1252. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const byteOf = new Map<string, number>();
for (let byte = 0x80; byte < 0x100; byte++) byteOf.set(String.fromCharCode(byte), byte);
for (const [index, character] of [...WINDOWS_1252].entries()) byteOf.set(character, 0x80 + index);

const charactersOf = (first: number, last: number): string =>
  [...byteOf]
    .filter(([, byte]) => byte >= first && byte <= last)
    .map(([character]) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
const NEXT = `[${charactersOf(0x80, 0xbf)}]`;
/** One well-formed UTF-8 sequence of two to four bytes. */
const SEQUENCE = `(?:[${charactersOf(0xc2, 0xdf)}]${NEXT}|[${charactersOf(0xe0, 0xef)}]${NEXT}{2}|[${charactersOf(0xf0, 0xf4)}]${NEXT}{3})`;
const RUNS = new RegExp(`${SEQUENCE}+`, 'g');
const MAY_BE_DAMAGED = new RegExp(`[${charactersOf(0xc2, 0xf4)}]${NEXT}`);

/** What correct text may have right behind a word: a capital letter in front of these proves nothing. */
const AFTER_WORDS = new Set('…‘’“”«»–—•™›‹„‚\u00a0°§©®¡¿ª²³¹º·´¨¸¯\u00ad');
/** Of these, what may also stand behind a capital letter that is a word of its own. */
const QUOTES = new Set('…‘’“”«»–—‹›„‚');
const CONTROL = /[\u0080-\u009f]/;
const LOWER_CASE_END = /\p{Ll}$/u;
const LOWER_CASE_START = /^\p{Ll}/u;
const LETTER_END = /\p{L}$/u;
const LETTERS = /^\p{L}+$/u;
const LETTER_OR_MARK = /^[\p{L}\p{M}]+$/u;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(run: string): string | undefined {
  try {
    return decoder.decode(Uint8Array.from(run, (character) => byteOf.get(character)!));
  } catch {
    return undefined;
  }
}

/** Whether a run of sequences can hardly be meant as it stands. */
function isDamaged(run: string, decoded: string, before: string, after: string): boolean {
  if (CONTROL.test(decoded)) return false;
  const characters = [...decoded];
  // No correct text has control characters of Latin-1, or the letter â before a euro sign, or ð before Ÿ.
  if (CONTROL.test(run) || run.includes('â€') || run.includes('ðŸ') || run.startsWith('ï»¿')) return true;
  const first = run[0]!;
  const rest = run.slice(1);
  // Sami writes ášš: letters only are a word, but for a capital inside of one.
  if (LETTERS.test(run)) return LOWER_CASE_END.test(before) && first !== first.toLowerCase();
  if (characters.length === 1) {
    const isAfterLowerCase = LOWER_CASE_END.test(before);
    const isAfterLetter = LETTER_END.test(before);
    if (first === 'Â') return isAfterLowerCase || !isAfterLetter;
    if (first === 'Ã' && !isAfterLetter && !QUOTES.has(rest)) return true;
    if ([...rest].every((character) => AFTER_WORDS.has(character)))
      return isAfterLowerCase && first === first.toUpperCase();
    if (byteOf.get(first)! >= 0xe0) return true;
    if (first === 'Ã') return true;
    return LETTER_OR_MARK.test(decoded) && (isAfterLowerCase || (LOWER_CASE_START.test(after) && !isAfterLetter));
  }
  // Several sequences side by side: letters of one language that became a capital and a symbol in turn.
  return characters.every(
    (character) => LETTER_OR_MARK.test(character) || !AFTER_WORDS.has(character) || first === 'Â',
  );
}

const NOT_ASCII = /[\u0080-\uffff]/;

/** The line decoded as a whole when nothing beyond ASCII stands outside of its two sequences or more: no correct line is like that. */
function decodeLine(line: string): { text: string; numRepairs: number } | undefined {
  const runs = line.match(RUNS);
  if (runs === null || NOT_ASCII.test(line.replace(RUNS, ''))) return undefined;
  const decoded = runs.map(decode);
  const characters = decoded.join('');
  const numRepairs = [...characters].length;
  if (decoded.includes(undefined) || CONTROL.test(characters) || numRepairs < 2) return undefined;
  if (runs.every((run) => LETTERS.test(run) || (run.length === 2 && QUOTES.has(run[1]!)))) return undefined;
  let next = 0;
  return { text: line.replace(RUNS, () => decoded[next++]!), numRepairs };
}

function repairLine(line: string): { text: string; numRepairs: number } {
  return MAY_BE_DAMAGED.test(line) ? (decodeLine(line) ?? repairRuns(line)) : { text: line, numRepairs: 0 };
}

function repairOnce(text: string): { text: string; numRepairs: number } {
  const lines = text.split('\n').map(repairLine);
  return {
    text: lines.map((line) => line.text).join('\n'),
    numRepairs: lines.reduce((sum, line) => sum + line.numRepairs, 0),
  };
}

function repairRuns(text: string): { text: string; numRepairs: number } {
  let numRepairs = 0;
  const repaired = text.replace(RUNS, (run, offset: number) => {
    const decoded = decode(run);
    if (decoded === undefined) return run;
    if (
      !isDamaged(
        run,
        decoded,
        text.slice(Math.max(0, offset - 2), offset),
        text.slice(offset + run.length, offset + run.length + 2),
      )
    )
      return run;
    numRepairs += [...decoded].length;
    return decoded === '\ufeff' ? '' : decoded;
  });
  return { text: repaired, numRepairs };
}

/** Text that was damaged more often than this is beyond reading. */
const MAX_ROUNDS = 4;

/**
 * The text with what was decoded wrongly decoded anew.
 *
 * @param text any text; correct text comes back as it is
 */
export function repairMojibake(text: string): RepairedText {
  let result = text;
  let numRepairs = 0;
  for (let round = 0; round < MAX_ROUNDS && MAY_BE_DAMAGED.test(result); round++) {
    const repaired = repairOnce(result);
    if (repaired.numRepairs === 0) break;
    result = repaired.text;
    numRepairs += repaired.numRepairs;
  }
  return { text: result, numRepairs };
}

/** A filter that keeps every document and counts the characters it put back as `repaired_characters`. */
export function mojibakeRepair(): DocumentFilter {
  return {
    name: 'mojibake_repair',
    check({ text }) {
      const { text: repaired, numRepairs } = repairMojibake(text);
      return numRepairs === 0 ? KEEP : keepEdited(repaired, { repaired_characters: numRepairs });
    },
  };
}
