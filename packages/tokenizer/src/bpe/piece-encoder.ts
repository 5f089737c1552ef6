/**
 * From the UTF-16 units of one piece to ids: UTF-8 bytes, byte ids, merges; with a cache of short pieces.
 *
 * Units: pieces are ranges of a Uint16Array holding well-formed UTF-16.
 */
import { BYTE_TO_CHAR } from './byte-alphabet.ts';
import { appendIds, type IdList, reserve } from './id-list.ts';
import { mergeSymbols } from './merge-symbols.ts';
import type { MergeTable } from './merge-table.ts';
import { createPieceCache, MAX_CACHED_UNITS } from './piece-cache.ts';

export interface BpeModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: MergeTable;
  /** Id of each byte, -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  /** Id for bytes without one; -1 drops them. */
  readonly unknownId: number;
  /** A piece that is a token is taken whole, whatever the merges say (Llama 3). */
  readonly ignoreMerges: boolean;
  readonly maxTokenBytes: number;
}

export type PieceEncoder = (units: Uint16Array, start: number, end: number, out: IdList) => void;

export function createPieceEncoder(model: BpeModel): PieceEncoder {
  const cache = createPieceCache();
  let symbols = new Int32Array(1024);

  const encodeUncached = (units: Uint16Array, start: number, end: number): number => {
    if ((end - start) * 3 > symbols.length) symbols = new Int32Array((end - start) * 3);
    const { byteIds, unknownId } = model;
    let count = 0;
    const put = (byte: number) => {
      const id = byteIds[byte]!;
      if (id >= 0) symbols[count++] = id;
      else if (unknownId >= 0) symbols[count++] = unknownId;
    };
    for (let i = start; i < end; i++) {
      let code = units[i]!;
      if (code < 0x80) {
        put(code);
        continue;
      }
      if (code < 0x800) {
        put(0xc0 | (code >> 6));
      } else {
        if (code >= 0xd800 && code <= 0xdbff) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (units[++i]! & 0x3ff);
          put(0xf0 | (code >> 18));
          put(0x80 | ((code >> 12) & 0x3f));
        } else {
          put(0xe0 | (code >> 12));
        }
        put(0x80 | ((code >> 6) & 0x3f));
      }
      put(0x80 | (code & 0x3f));
    }
    if (model.ignoreMerges && end - start <= model.maxTokenBytes) {
      const whole = model.vocab.get(tokenOfUnits(units, start, end));
      if (whole !== undefined) {
        symbols[0] = whole;
        return 1;
      }
    }
    return mergeSymbols(model.merges, symbols, count);
  };

  return (units, start, end, out) => {
    const length = end - start;
    let hash = length;
    if (length <= MAX_CACHED_UNITS) {
      for (let i = start; i < end; i++) hash = Math.imul(hash ^ units[i]!, 0x01000193);
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      const from = cache.find(units, start, end, hash);
      if (from >= 0) {
        const count = cache.foundCount();
        reserve(out, count);
        const ids = out.ids;
        let to = out.count;
        for (let i = 0; i < count; i++) ids[to++] = cache.ids[from + i]!;
        out.count = to;
        return;
      }
    }
    const count = encodeUncached(units, start, end);
    if (length <= MAX_CACHED_UNITS) cache.add(units, start, end, hash, symbols, count);
    appendIds(out, symbols.subarray(0, count));
    if (symbols.length > 1 << 16) symbols = new Int32Array(1024);
  };
}

const decoder = new TextDecoder('utf-16le', { ignoreBOM: true });
const encoder = new TextEncoder();

function tokenOfUnits(units: Uint16Array, start: number, end: number): string {
  let token = '';
  for (const byte of encoder.encode(decoder.decode(units.slice(start, end)))) token += BYTE_TO_CHAR[byte];
  return token;
}
