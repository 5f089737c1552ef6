/**
 * Contents of a gzip file member by member, so that records are known by the place of their member and one damaged member costs no other.
 *
 * Source: RFC 1952. Differs: zeros after a member are padding; after damage reading goes on at the next thing that looks like a header.
 */
import { crc32, createInflateRaw } from 'node:zlib';
import type { BytePart, ByteParts } from './byte-part.ts';
import { type ByteWindow, seekBytes } from './byte-window.ts';
import { type BlockDamage, readBlocks } from './compressed-blocks.ts';
import { BOMB, bombDetail } from './compression-limits.ts';
import { systemErrorOf } from './decompress.ts';
import { createInflateEngine, SLICE_BYTES } from './inflate-engine.ts';

const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const MAX_HEADER_BYTES = 1 << 17;
const HAS_HEADER_CRC = 2;
const HAS_EXTRA = 4;
const HAS_NAME = 8;
const HAS_COMMENT = 16;
const RESERVED_FLAGS = 0xe0;

/** @returns the length of the header, undefined while more bytes are needed, or what is wrong */
function headerLength(bytes: Uint8Array): number | undefined | string {
  if (bytes.length < FIXED_HEADER_BYTES) return undefined;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return 'no gzip header';
  const flags = bytes[3]!;
  if (bytes[2] !== 8 || (flags & RESERVED_FLAGS) !== 0) return 'a gzip header of an unknown kind';
  let length = FIXED_HEADER_BYTES;
  if ((flags & HAS_EXTRA) !== 0) {
    if (bytes.length < length + 2) return undefined;
    length += 2 + bytes[length]! + 256 * bytes[length + 1]!;
  }
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, length);
    if (end < 0) return undefined;
    length = end + 1;
  }
  if ((flags & HAS_HEADER_CRC) !== 0) length += 2;
  return bytes.length < length ? undefined : length;
}

async function takeHeader(window: ByteWindow): Promise<string | undefined> {
  for (let wanted = FIXED_HEADER_BYTES; wanted <= MAX_HEADER_BYTES; wanted = window.bytes.length + 1) {
    const isThere = await window.fill(wanted);
    const length = headerLength(window.bytes);
    if (typeof length === 'string') return length;
    if (length !== undefined) {
      window.take(length);
      return undefined;
    }
    if (!isThere) return 'the file ends within a gzip header';
  }
  return 'a gzip header that does not end';
}

/** Moves to the next bytes that begin like a member; false where there are none. */
async function seekMember(window: ByteWindow): Promise<boolean> {
  while (await seekBytes(window, [0x1f, 0x8b, 8])) {
    if ((await window.fill(FIXED_HEADER_BYTES)) && typeof headerLength(window.bytes) !== 'string') return true;
    window.take(1);
  }
  return false;
}

async function takePadding(window: ByteWindow): Promise<void> {
  while (await window.fill(1)) {
    const end = window.bytes.findIndex((byte) => byte !== 0);
    if (end >= 0) {
      window.take(end);
      return;
    }
    window.take(window.bytes.length);
  }
}

/** One member's contents; the return value says what is wrong with it, if anything. */
async function* gunzipMember(
  window: ByteWindow,
  startOffset: number,
): AsyncGenerator<BytePart, BlockDamage | undefined> {
  const start = window.offset;
  const unreadable = (detail: string): BlockDamage => ({ reason: 'unreadable', detail });
  const wrongHeader = await takeHeader(window);
  if (wrongHeader !== undefined) return unreadable(wrongHeader);
  const engine = createInflateEngine(createInflateRaw());
  const dataOffset = window.offset;
  let offset = startOffset;
  let checksum = 0;
  try {
    while (!engine.isAtEnd) {
      if (!(await window.fill(1))) return unreadable('the file ends within a gzip member');
      const slice = window.bytes.subarray(0, SLICE_BYTES);
      let output: Uint8Array[];
      try {
        output = await engine.push(slice);
      } catch (error) {
        return engine.isBomb ? BOMB : unreadable(systemErrorOf(error));
      }
      window.take(dataOffset + engine.takenBytes - window.offset);
      for (const bytes of output) {
        checksum = crc32(bytes, checksum);
        yield { bytes, offset, compressedOffset: start };
        offset += bytes.length;
      }
      const bomb = bombDetail(offset - startOffset, window.offset - start);
      if (bomb !== undefined) return { reason: 'compression_bomb', detail: bomb };
    }
  } finally {
    engine.close();
  }
  if (!(await window.fill(TRAILER_BYTES))) return unreadable('the file ends within the checksum of a gzip member');
  const trailer = new DataView(window.bytes.buffer, window.bytes.byteOffset, TRAILER_BYTES);
  const isRight =
    trailer.getUint32(0, true) === checksum && trailer.getUint32(4, true) === (offset - startOffset) % 2 ** 32;
  window.take(TRAILER_BYTES);
  return isRight ? undefined : unreadable('a gzip member whose checksum differs from its contents');
}

/** @param stored bytes as they are in the file */
export const gunzipMembers = (stored: AsyncIterable<Uint8Array>): ByteParts =>
  readBlocks(stored, { readBlock: gunzipMember, takePadding, seekBlock: seekMember });
