/**
 * A text as SentencePiece sees it: characters replaced by the model's table, white space joined and shown as U+2581.
 *
 * Source: `Normalizer` of SentencePiece 0.2; the table is a double-array trie in the layout of Darts-clone (S. Yata).
 */
import type { SentencePieceModel } from './sentencepiece-model.ts';

export const SPACE_MARK = '\u2581';

export type Normalizer = (text: string) => string;

/** @throws Error when the table of replacements is cut off */
export function sentencePieceNormalizer(model: SentencePieceModel): Normalizer {
  const { addDummyPrefix, removeExtraWhitespaces, escapeWhitespaces } = model;
  const replace = replacements(model.charsMap);
  const own = model.pieces
    .filter(({ kind }) => kind === 'user-defined')
    .map(({ piece }) => new TextEncoder().encode(piece));
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const mark = escapeWhitespaces ? SPACE_MARK : ' ';

  return (text) => {
    const bytes = encoder.encode(text);
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; ) {
      const kept = own
        .filter((piece) => startsWith(bytes, at, piece))
        .reduce((longest, { length }) => Math.max(longest, length), 0);
      const match = kept > 0 ? undefined : replace(bytes, at);
      const length = match?.length ?? (kept || characterLength(bytes[at]!));
      parts.push(match?.text ?? decoder.decode(bytes.subarray(at, at + length)));
      at += length;
    }
    if (!removeExtraWhitespaces) {
      if (parts.length === 0) return '';
      return ((addDummyPrefix ? ' ' : '') + parts.join('')).replaceAll(' ', mark);
    }
    let result = '';
    let afterSpace = true;
    for (const part of parts) {
      const shown: string = afterSpace ? part.replace(/^ +/, '') : part;
      if (shown === '') continue;
      result += shown;
      afterSpace = shown.endsWith(' ');
    }
    result = result.replace(/ +$/, '');
    return result === '' ? '' : ((addDummyPrefix ? ' ' : '') + result).replaceAll(' ', mark);
  };
}

interface Replacement {
  readonly text: string;
  /** bytes that it stands for */
  readonly length: number;
}

/** The longest replacement at a place. */
function replacements(charsMap: Uint8Array): (bytes: Uint8Array, from: number) => Replacement | undefined {
  if (charsMap.length === 0) return () => undefined;
  const view = new DataView(charsMap.buffer, charsMap.byteOffset, charsMap.byteLength);
  const trieSize = view.getUint32(0, true);
  const units = Uint32Array.from({ length: trieSize / 4 }, (_, index) => view.getUint32(4 + 4 * index, true));
  const texts = charsMap.subarray(4 + trieSize);
  const decoder = new TextDecoder();
  return (bytes, from) => {
    let node = offsetOf(units[0]!);
    let best: { value: number; length: number } | undefined;
    for (let at = from; at < bytes.length; at++) {
      node ^= bytes[at]!;
      const unit = units[node]!;
      if ((unit & 0x800000ff) >>> 0 !== bytes[at]) break;
      node ^= offsetOf(unit);
      if ((unit >>> 8) & 1) best = { value: units[node]! & 0x7fffffff, length: at + 1 - from };
    }
    return (
      best && { text: decoder.decode(texts.subarray(best.value, texts.indexOf(0, best.value))), length: best.length }
    );
  };
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 512) >>> 6);
}

function startsWith(bytes: Uint8Array, from: number, piece: Uint8Array): boolean {
  return piece.length > 0 && piece.every((byte, index) => bytes[from + index] === byte);
}

function characterLength(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
