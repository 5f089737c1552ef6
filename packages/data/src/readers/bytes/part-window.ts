/**
 * A window on byte parts for formats whose records say their own length: looked into, taken from, skipped, up to the end or to damage.
 */
import type { ByteDamage, ByteParts } from './byte-part.ts';

export interface PartWindow {
  /** Bytes not yet taken. */
  readonly bytes: Buffer;
  /** Offset of the first of them in the decompressed file. */
  readonly offset: number;
  readonly compressedOffset: number | undefined;
  /** Damage that stands behind `bytes`; nothing is read past it until `passDamage`. */
  readonly damage: ByteDamage | undefined;
  /** Fetches until there are `numBytes`; false where the file ends or is damaged before. */
  fill(numBytes: number): Promise<boolean>;
  /** Takes `numBytes` at once, or undefined where the file ends or is damaged before; the bytes there are gone then. */
  take(numBytes: number): Promise<Buffer | undefined>;
  /** Takes `numBytes` without holding them; false where the file ends or is damaged before. */
  skip(numBytes: number): Promise<boolean>;
  /** Takes all that stands before the first `wanted`; false where the file ends or is damaged before. */
  seek(wanted: Buffer): Promise<boolean>;
  passDamage(): void;
  /** Lets go of the file or connection behind the parts. */
  close(): Promise<void>;
}

export function createPartWindow(parts: ByteParts): PartWindow {
  const iterator = parts[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  let offset = 0;
  let compressedOffset: number | undefined;
  let damage: ByteDamage | undefined;

  const drop = (numBytes: number): void => {
    bytes = bytes.subarray(numBytes);
    offset += numBytes;
  };
  const fetch = async (): Promise<Buffer | undefined> => {
    if (damage !== undefined) return undefined;
    const { done, value } = await iterator.next();
    if (done) return undefined;
    if (value.bytes === undefined) {
      damage = value;
      return undefined;
    }
    if (bytes.length === 0) {
      offset = value.offset;
      compressedOffset = value.compressedOffset;
    }
    return Buffer.from(value.bytes.buffer, value.bytes.byteOffset, value.bytes.length);
  };
  const fill = async (numBytes: number): Promise<boolean> => {
    while (bytes.length < numBytes) {
      const more = await fetch();
      if (more === undefined) return false;
      bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    }
    return true;
  };
  /** Hands `numBytes` to `use` piece by piece. */
  const pass = async (numBytes: number, use?: (piece: Buffer) => void): Promise<boolean> => {
    for (let left = numBytes; left > 0; ) {
      if (bytes.length === 0) {
        const more = await fetch();
        if (more === undefined) return false;
        bytes = more;
      }
      const piece = bytes.subarray(0, left);
      use?.(piece);
      left -= piece.length;
      drop(piece.length);
    }
    return true;
  };
  return {
    get bytes() {
      return bytes;
    },
    get offset() {
      return offset;
    },
    get compressedOffset() {
      return compressedOffset;
    },
    get damage() {
      return damage;
    },
    fill,
    async take(numBytes) {
      const pieces: Buffer[] = [];
      return (await pass(numBytes, (piece) => pieces.push(piece))) ? Buffer.concat(pieces) : undefined;
    },
    skip: (numBytes) => pass(numBytes),
    async seek(wanted) {
      while (await fill(wanted.length)) {
        const at = bytes.indexOf(wanted);
        drop(at < 0 ? bytes.length - wanted.length + 1 : at);
        if (at >= 0) return true;
      }
      return false;
    },
    passDamage() {
      if (damage === undefined) return;
      bytes = Buffer.alloc(0);
      offset = damage.offset;
      compressedOffset = damage.compressedOffset;
      damage = undefined;
    },
    async close() {
      await iterator.return?.();
    },
  };
}
