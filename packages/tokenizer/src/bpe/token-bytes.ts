/**
 * The bytes that every id of a vocabulary stands for, in one array.
 */
import { tokenToBytes } from './byte-alphabet.ts';

/** Bytes of every id: `bytes[offsets[id], offsets[id + 1])`; an id without a token has none. */
export interface TokenBytes {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

export function collectTokenBytes(idToToken: readonly (string | undefined)[]): TokenBytes {
  const parts = idToToken.map((token) => (token === undefined ? new Uint8Array() : tokenToBytes(token)));
  const offsets = new Int32Array(parts.length + 1);
  for (const [id, part] of parts.entries()) offsets[id + 1] = offsets[id]! + part.length;
  const bytes = new Uint8Array(offsets[parts.length]!);
  for (const [id, part] of parts.entries()) bytes.set(part, offsets[id]!);
  return { bytes, offsets };
}
