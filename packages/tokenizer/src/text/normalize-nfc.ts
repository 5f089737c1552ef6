/**
 * Unicode normalization form C as the reference library applies it.
 *
 * Differs from String.prototype.normalize: characters that are newer than the library's tables are left where they stand, as characters
 * that never combine. Offsets: where normalization changes a run of base and marks, every result unit stands for the whole run.
 */
import { classBody } from '../pretokenize/unicode-classes.ts';

const gap = new RegExp(`[${classBody('normalizationGaps')}]`, 'u');
const gaps = new RegExp(`([${classBody('normalizationGaps')}])`, 'u');
/** A character and what may combine with it: marks, and the vowels and finals of conjoining Hangul. */
const run = /[\s\S][\p{M}\u1160-\u11ff]*/gu;

/** Form C of a well-formed text; the same string when nothing changes. */
export function normalizeNfc(text: string): string {
  const normalized = text.normalize('NFC');
  if (normalized === text || !gap.test(text)) return normalized;
  return text
    .split(gaps)
    .map((part) => part.normalize('NFC'))
    .join('');
}

export interface Alignment {
  /** Start in the original of unit i. */
  readonly starts: Int32Array;
  /** End in the original of unit i. */
  readonly ends: Int32Array;
}

/** Where each unit of `normalizeNfc(text)` comes from; null when it is the text itself. */
export function alignNfc(text: string, normalized: string): Alignment | null {
  if (normalized === text) return null;
  const starts = new Int32Array(normalized.length);
  const ends = new Int32Array(normalized.length);
  let from = 0;
  let to = 0;
  for (const [part] of text.matchAll(run)) {
    const form = normalizeNfc(part);
    const isSame = form === part;
    for (let i = 0; i < form.length; i++) {
      starts[to + i] = isSame ? from + i : from;
      ends[to + i] = isSame ? from + i + 1 : from + part.length;
    }
    from += part.length;
    to += form.length;
  }
  return { starts, ends };
}
