/**
 * A text to the pieces of a SentencePiece model.
 *
 * Source: `unigram::Model::EncodeOptimized`, `bpe::Model::Encode` and `SentencePieceProcessor` of SentencePiece 0.2: the likeliest
 * segmentation with float32 sums, or merges by score and then from the left; unknown characters in a row are one piece.
 */
import { parseSentencePieceModel, type SentencePieceModel } from './sentencepiece-model.ts';
import { sentencePieceNormalizer } from './sentencepiece-normalizer.ts';

/** A loaded SentencePiece model. */
export interface SentencePieceTokenizer {
  readonly numPieces: number;
  /** The pieces of a text, with U+2581 for white space. */
  encode(text: string): string[];
}

/** Subtracted from the worst score for a character that no piece has. */
const UNKNOWN_PENALTY = 10;

/**
 * @param bytes a whole `.model` file
 * @throws Error when it is no unigram or BPE model
 */
export function sentencePieceTokenizer(bytes: Uint8Array): SentencePieceTokenizer {
  const model = parseSentencePieceModel(bytes);
  const normalize = sentencePieceNormalizer(model);
  const segment = model.type === 'unigram' ? unigramSegmenter(model) : bpeSegmenter(model);
  return {
    numPieces: model.pieces.length,
    encode: (text) => joinUnknown(segment(normalize(text)), model.byteFallback),
  };
}

interface Segment {
  readonly text: string;
  readonly isKnown: boolean;
}

type Segmenter = (text: string) => Segment[];

function unigramSegmenter({ pieces }: SentencePieceModel): Segmenter {
  const normal = pieces.filter(({ kind }) => kind === 'normal');
  const scores = normal.map(({ score }) => score);
  const lowest = scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY);
  const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const unknownScore = Math.fround(lowest - UNKNOWN_PENALTY);
  const scoreOf = new Map(
    pieces
      .filter(({ kind }) => kind === 'normal' || kind === 'user-defined')
      .map(({ piece, score, kind }) => [
        piece,
        kind === 'normal' ? score : Math.fround([...piece].length * highest - 0.1),
      ]),
  );
  const longest = [...scoreOf.keys()].reduce((length, piece) => Math.max(length, [...piece].length), 1);

  return (text) => {
    const characters = [...text];
    const best: { score: number; from: number; isKnown: boolean }[] = Array.from(
      { length: characters.length + 1 },
      () => ({
        score: 0,
        from: -1,
        isKnown: true,
      }),
    );
    for (let from = 0; from < characters.length; from++) {
      const base = best[from]!.score;
      const reach = (to: number, score: number, isKnown: boolean): void => {
        const candidate = Math.fround(base + score);
        const target = best[to]!;
        if (target.from < 0 || candidate > target.score) best[to] = { score: candidate, from, isKnown };
      };
      let piece = '';
      for (let to = from + 1; to <= Math.min(characters.length, from + longest); to++) {
        piece += characters[to - 1]!;
        const score = scoreOf.get(piece);
        if (score !== undefined) reach(to, score, true);
      }
      if (!scoreOf.has(characters[from]!)) reach(from + 1, unknownScore, false);
    }
    const segments: Segment[] = [];
    for (let to = characters.length; to > 0; to = best[to]!.from) {
      segments.push({ text: characters.slice(best[to]!.from, to).join(''), isKnown: best[to]!.isKnown });
    }
    return segments.reverse();
  };
}

function bpeSegmenter({ pieces }: SentencePieceModel): Segmenter {
  const known = new Map(
    pieces
      .filter(({ kind }) => kind === 'normal' || kind === 'user-defined' || kind === 'unused')
      .map((piece) => [piece.piece, piece]),
  );
  const own = pieces.filter(({ kind }) => kind === 'user-defined').map(({ piece }) => piece);

  return (text) => {
    // User-defined pieces are whole from the start and never merge.
    const symbols: { text: string; isFrozen: boolean }[] = [];
    for (let at = 0; at < text.length; ) {
      const kept = own
        .filter((piece) => text.startsWith(piece, at))
        .reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
      const symbol = kept || String.fromCodePoint(text.codePointAt(at)!);
      symbols.push({ text: symbol, isFrozen: kept !== '' });
      at += symbol.length;
    }
    const parts = new Map<string, readonly [string, string]>();
    for (;;) {
      let bestAt = -1;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let at = 0; at + 1 < symbols.length; at++) {
        const [left, right] = [symbols[at]!, symbols[at + 1]!];
        const merged = left.isFrozen || right.isFrozen ? undefined : known.get(left.text + right.text);
        if (merged && merged.score > bestScore) [bestAt, bestScore] = [at, merged.score];
      }
      if (bestAt < 0) break;
      const [left, right] = [symbols[bestAt]!.text, symbols[bestAt + 1]!.text];
      const merged = left + right;
      if (known.get(merged)!.kind === 'unused') parts.set(merged, [left, right]);
      symbols.splice(bestAt, 2, { text: merged, isFrozen: false });
    }
    const split = (symbol: string): string[] => parts.get(symbol)?.flatMap(split) ?? [symbol];
    return symbols.flatMap((symbol) => split(symbol.text)).map((piece) => ({ text: piece, isKnown: known.has(piece) }));
  };
}

function joinUnknown(segments: readonly Segment[], byteFallback: boolean): string[] {
  const pieces: string[] = [];
  let afterUnknown = false;
  for (const { text, isKnown } of segments) {
    if (!isKnown && byteFallback) {
      for (const byte of new TextEncoder().encode(text))
        pieces.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    } else if (!isKnown && afterUnknown) pieces[pieces.length - 1] += text;
    else pieces.push(text);
    afterUnknown = !isKnown && !byteFallback;
  }
  return pieces;
}
