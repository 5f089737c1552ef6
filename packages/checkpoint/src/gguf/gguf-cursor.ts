/**
 * Reads the little-endian fields of a GGUF header one after another, each known to lie in the file before it is taken.
 *
 * Units: bytes; offsets in errors count from the start of the file.
 */
import { MAX_HEADER_BYTES } from './gguf-format.ts';

export type Refuse = (rule: string, got: string, at: string) => Error;

/** @returns a maker of errors for one file */
export function ggufRefuser(functionName: string, path: string): Refuse {
  return (rule, got, at) =>
    new Error(
      `[@marco-ts/checkpoint] ${functionName}: ${rule}, got ${got} at ${at} of ${path}. The file is damaged or no GGUF file of version 2 or 3; fetch or write it again.`,
    );
}

/** Thrown where a prefix ends inside the header. */
export const NEED_MORE = Symbol('the prefix ends inside the header');

export interface GgufCursor {
  offset(): number;
  /** Moves on by `size` bytes, known to be there, and gives where they began. */
  take(size: number): number;
  u32(): number;
  /** A 64-bit count that fits a double exactly. */
  u64(what: string): number;
  text(what: string, maxBytes: number): string;
  readonly view: DataView;
}

export function createCursor(prefix: Uint8Array, fileBytes: number, refuse: Refuse): GgufCursor {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let offset = 0;
  const take = (size: number): number => {
    const start = offset;
    if (start + size > fileBytes) {
      throw refuse(
        `the header must fit in the file of ${fileBytes} bytes (truncated)`,
        `${size} more bytes needed`,
        `byte ${start}`,
      );
    }
    if (start + size > MAX_HEADER_BYTES) {
      throw refuse(
        `the header must be at most ${MAX_HEADER_BYTES} bytes (header too large)`,
        `${size} more bytes`,
        `byte ${start}`,
      );
    }
    if (start + size > prefix.length) throw NEED_MORE;
    offset += size;
    return start;
  };
  const u64 = (what: string): number => {
    const start = take(8);
    const value = view.getBigUint64(start, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw refuse(`${what} must be below 2^53`, String(value), `byte ${start}`);
    return Number(value);
  };
  return {
    view,
    offset: () => offset,
    take,
    u32: () => view.getUint32(take(4), true),
    u64,
    text(what, maxBytes) {
      const at = offset;
      const length = u64(`the length of ${what}`);
      if (length > maxBytes) throw refuse(`${what} must be at most ${maxBytes} bytes`, String(length), `byte ${at}`);
      const start = take(length);
      try {
        return decoder.decode(prefix.subarray(start, start + length));
      } catch {
        throw refuse(`${what} must be UTF-8`, 'other bytes', `byte ${start}`);
      }
    },
  };
}
