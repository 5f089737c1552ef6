/**
 * Finding added tokens in a text, leftmost and longest first.
 *
 * Source: `AddedVocabulary::find_matches` of Hugging Face tokenizers, with its rules for single_word, lstrip and rstrip.
 */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly singleWord: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export interface AddedTokenMatch {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** `[start, end)` of places where no special token may be found, ascending. */
export type Spans = readonly (readonly [number, number])[];

export type AddedTokenMatcher = (text: string, allowSpecial: boolean, protectedSpans?: Spans) => AddedTokenMatch[];

const wordStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const wordEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
/** The White_Space property, which is not JavaScript's `\s`. */
const isSpace = (unit: number) =>
  (unit >= 9 && unit <= 13) ||
  unit === 0x20 ||
  unit === 0x85 ||
  unit === 0xa0 ||
  unit === 0x1680 ||
  (unit >= 0x2000 && unit <= 0x200a) ||
  unit === 0x2028 ||
  unit === 0x2029 ||
  unit === 0x202f ||
  unit === 0x205f ||
  unit === 0x3000;

/** @returns null when there are no tokens to find */
export function createAddedTokenMatcher(tokens: readonly AddedToken[]): AddedTokenMatcher | null {
  if (tokens.length === 0) return null;
  const byContent = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escapeForRegExp).join('|'), 'gu');

  return (text, allowSpecial, protectedSpans = []) => {
    const matches: AddedTokenMatch[] = [];
    let previousEnd = 0;
    let span = 0;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const token = byContent.get(match[0])!;
      if (token.special && !allowSpecial) continue;
      let start = match.index;
      let end = start + token.content.length;
      while (span < protectedSpans.length && protectedSpans[span]![1] <= start) span++;
      if (token.special && span < protectedSpans.length && protectedSpans[span]![0] < end) {
        pattern.lastIndex = start + 1;
        continue;
      }
      if (token.singleWord) {
        // two units reach any character on either side
        if (wordEnd.test(text.slice(Math.max(0, start - 2), start).replace(/^[\udc00-\udfff]/, ''))) continue;
        if (wordStart.test(text.slice(end, end + 2))) continue;
      }
      if (token.lstrip) {
        while (start > previousEnd && isSpace(text.charCodeAt(start - 1))) start--;
      }
      if (token.rstrip) {
        while (end < text.length && isSpace(text.charCodeAt(end))) end++;
      }
      matches.push({ id: token.id, start, end });
      previousEnd = end;
    }
    return matches;
  };
}

export function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
