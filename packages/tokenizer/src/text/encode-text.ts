/**
 * From text to ids: added tokens are cut out, the rest is normalized, split into pieces and encoded.
 *
 * Source: the order of steps in `TokenizerImpl::encode` of Hugging Face tokenizers. Lone surrogates count as U+FFFD, which is what they
 * become in UTF-8. Units: offsets are UTF-16 units of the input.
 */

import { type IdList, reserve } from '../bpe/id-list.ts';
import { createPieceEncoder } from '../bpe/piece-encoder.ts';
import type { TokenBytes } from '../bpe/token-bytes.ts';
import type { TokenizerSpec } from '../files/tokenizer-json.ts';
import type { Piece } from '../pretokenize/split-steps.ts';
import { createAddedTokenMatcher, type Spans } from './added-tokens.ts';
import { type Alignment, alignNfc, normalizeNfc } from './normalize-nfc.ts';
import { wellFormed } from './well-formed.ts';

export interface EncodedText {
  readonly ids: Int32Array;
  /** Pairs `[start, end)`; null unless asked for. */
  readonly offsets: Int32Array | null;
}

export interface EncodeTextOptions {
  readonly allowSpecial: boolean;
  readonly withOffsets?: boolean;
  /** Where special tokens are not recognised, ascending. */
  readonly protectedSpans?: Spans;
}

export type TextEncoderToIds = (text: string, options: EncodeTextOptions) => EncodedText;

/**
 * @returns `encode`, which gives new arrays, and `append`, which writes behind the ids of a list and gives the offsets of what the list holds
 */
export function createTextEncoder(spec: TokenizerSpec, tokenBytes: TokenBytes) {
  const encodePiece = createPieceEncoder(spec.model);
  const matchRaw = createAddedTokenMatcher(spec.addedTokens.filter((token) => !token.normalized));
  const matchNormalized = createAddedTokenMatcher(
    spec.addedTokens
      .filter((token) => token.normalized)
      .map((token) => (spec.normalizesNfc ? { ...token, content: normalizeNfc(token.content) } : token)),
  );
  const { pretokenizer } = spec;
  let units = new Uint16Array(4096);

  const load = (text: string) => {
    if (text.length > units.length) units = new Uint16Array(Math.max(text.length, units.length * 2));
    const to = units;
    for (let i = 0; i < text.length; i++) to[i] = text.charCodeAt(i);
  };

  const append = (
    text: string,
    { allowSpecial, withOffsets = false, protectedSpans = [] }: EncodeTextOptions,
    out: IdList,
  ): Int32Array | null => {
    const source = wellFormed(text);
    let offsets = withOffsets ? new Int32Array(64) : null;

    const setOffset = (index: number, start: number, end: number) => {
      if (index * 2 + 2 > offsets!.length) {
        const larger = new Int32Array(Math.max(offsets!.length * 2, index * 2 + 2));
        larger.set(offsets!);
        offsets = larger;
      }
      offsets![index * 2] = start;
      offsets![index * 2 + 1] = end;
    };

    /** Offsets of the ids from `first` on, which encode `units[from, to)`, standing at `shift` + index in the segment. */
    const locate = (first: number, from: number, to: number, shift: number, place: Place) => {
      let unit = from;
      let bytesLeft = 0;
      for (let index = first; index < out.count; index++) {
        const id = out.ids[index]!;
        let numBytes = tokenBytes.offsets[id + 1]! - tokenBytes.offsets[id]!;
        const start = bytesLeft > 0 ? unit - charUnits(units, unit - 1, from) : unit;
        while (numBytes > bytesLeft && unit < to) {
          numBytes -= bytesLeft;
          const code = units[unit]!;
          bytesLeft = code < 0x80 ? 1 : code < 0x800 ? 2 : code >= 0xd800 && code <= 0xdbff ? 4 : 3;
          unit += bytesLeft === 4 ? 2 : 1;
        }
        bytesLeft = Math.max(0, bytesLeft - numBytes);
        setOffset(index, originalStart(place, start + shift), originalEnd(place, unit + shift));
      }
    };

    const encodeSegment = (segment: string, place: Place) => {
      if (segment === '') return;
      if (pretokenizer.scanner) {
        const prefixed = pretokenizer.addPrefixSpace && !segment.startsWith(' ') ? 1 : 0;
        load(prefixed ? ` ${segment}` : segment);
        const length = segment.length + prefixed;
        const scan = pretokenizer.scanner;
        for (let start = 0; start < length; ) {
          const end = scan(units, start, length);
          const first = out.count;
          encodePiece(units, start, end, out);
          if (offsets) locate(first, start, end, -prefixed, place);
          start = end;
        }
        return;
      }
      let pieces: Piece[] = [{ text: segment, start: 0, numPrefixed: 0 }];
      for (const step of pretokenizer.steps) pieces = step(pieces);
      for (const piece of pieces) {
        load(piece.text);
        const first = out.count;
        encodePiece(units, 0, piece.text.length, out);
        if (offsets) locate(first, 0, piece.text.length, piece.start - piece.numPrefixed, place);
      }
    };

    const encodeNormalized = (segment: string, start: number) => {
      const normalized = spec.normalizesNfc ? normalizeNfc(segment) : segment;
      const alignment = offsets ? alignNfc(segment, normalized) : null;
      let position = 0;
      for (const match of matchNormalized ? matchNormalized(normalized, allowSpecial) : []) {
        encodeSegment(normalized.slice(position, match.start), { alignment, base: start, from: position });
        const place = { alignment, base: start, from: 0 };
        putToken(match.id, originalStart(place, match.start), originalEnd(place, match.end));
        position = match.end;
      }
      encodeSegment(normalized.slice(position), { alignment, base: start, from: position });
    };

    const putToken = (id: number, start: number, end: number) => {
      reserve(out, 1);
      out.ids[out.count] = id;
      if (offsets) setOffset(out.count, start, end);
      out.count++;
    };

    let position = 0;
    for (const match of matchRaw ? matchRaw(source, allowSpecial, protectedSpans) : []) {
      if (match.start > position) encodeNormalized(source.slice(position, match.start), position);
      putToken(match.id, match.start, match.end);
      position = match.end;
    }
    if (position < source.length) encodeNormalized(position === 0 ? source : source.slice(position), position);
    return offsets === null ? null : offsets.slice(0, out.count * 2);
  };

  const encode: TextEncoderToIds = (text, options) => {
    const out: IdList = { ids: new Int32Array(16 + (text.length >> 2)), count: 0 };
    const offsets = append(text, options, out);
    return { ids: out.ids.slice(0, out.count), offsets };
  };
  return { append, encode };
}

/** Where a segment stands: `from` units into a normalized stretch that begins at `base` of the input. */
interface Place {
  readonly alignment: Alignment | null;
  readonly base: number;
  readonly from: number;
}

function originalStart({ alignment, base, from }: Place, unit: number): number {
  const at = Math.max(0, unit) + from;
  return base + (alignment ? (alignment.starts[at] ?? alignment.ends.at(-1) ?? 0) : at);
}

function originalEnd({ alignment, base, from }: Place, unit: number): number {
  const at = Math.max(0, unit) + from;
  return base + (alignment ? (at > 0 ? alignment.ends[at - 1]! : 0) : at);
}

/** Units of the character whose last unit stands at `last`. */
function charUnits(units: Uint16Array, last: number, from: number): number {
  return last > from && units[last]! >= 0xdc00 && units[last]! <= 0xdfff ? 2 : 1;
}
