/**
 * The general pre-tokenizer: a list of steps, each cutting the pieces of the one before.
 *
 * Source: `Split`, `Digits` and `ByteLevel` of Hugging Face tokenizers and their `SplitDelimiterBehavior`.
 */
export interface Piece {
  readonly text: string;
  /** Place of the text in the segment that was split; a prefixed space takes no place. */
  readonly start: number;
  /** 1 when `text` begins with a space that was put there. */
  readonly numPrefixed: number;
}

export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

export type SplitStep = (pieces: readonly Piece[]) => Piece[];

type Range = { start: number; end: number; isMatch: boolean };

/** Cuts at the matches of a regular expression (flag `g`). */
export function createSplitStep(pattern: RegExp, behavior: SplitBehavior, invert: boolean): SplitStep {
  return (pieces) => {
    const out: Piece[] = [];
    for (const piece of pieces) {
      for (const { start, end } of arrange(findRanges(piece.text, pattern, invert), behavior)) {
        if (end > start) out.push(subPiece(piece, start, end));
      }
    }
    return out;
  };
}

/** Puts a space before every piece that does not begin with one. */
export const prefixSpaceStep: SplitStep = (pieces) =>
  pieces.map((piece) =>
    piece.text.startsWith(' ')
      ? piece
      : { text: ` ${piece.text}`, start: piece.start, numPrefixed: piece.numPrefixed + 1 },
  );

function subPiece(piece: Piece, start: number, end: number): Piece {
  const hidden = Math.min(piece.numPrefixed, start);
  return {
    text: piece.text.slice(start, end),
    start: piece.start + start - hidden,
    numPrefixed: Math.min(piece.numPrefixed, end) - hidden,
  };
}

function findRanges(text: string, pattern: RegExp, invert: boolean): Range[] {
  const ranges: Range[] = [];
  let position = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (match.index > position) ranges.push({ start: position, end: match.index, isMatch: invert });
    ranges.push({ start: match.index, end, isMatch: !invert });
    position = end;
  }
  if (position < text.length) ranges.push({ start: position, end: text.length, isMatch: invert });
  return ranges;
}

function arrange(ranges: Range[], behavior: SplitBehavior): Range[] {
  if (behavior === 'Isolated') return ranges;
  if (behavior === 'Removed') return ranges.filter((range) => !range.isMatch);
  const out: Range[] = [];
  let wasMatch = false;
  for (const range of behavior === 'MergedWithNext' ? ranges.toReversed() : ranges) {
    const last = out.at(-1);
    const joins = behavior === 'Contiguous' ? range.isMatch === wasMatch : range.isMatch && !wasMatch;
    if (joins && last) {
      last.start = Math.min(last.start, range.start);
      last.end = Math.max(last.end, range.end);
    } else {
      out.push({ ...range });
    }
    wasMatch = range.isMatch;
  }
  return behavior === 'MergedWithNext' ? out.reverse() : out;
}
