/**
 * Contents of a zstd file frame by frame; frames may follow one another, and some may be skippable.
 *
 * Source: RFC 8878. Differs: after damage reading goes on at the next frame.
 */
import { createZstdDecompress } from 'node:zlib';
import type { BytePart, ByteParts } from './byte-part.ts';
import { type ByteWindow, seekBytes } from './byte-window.ts';
import { type BlockDamage, readBlocks } from './compressed-blocks.ts';
import { BOMB, bombDetail } from './compression-limits.ts';
import { systemErrorOf } from './decompress.ts';
import { createInflateEngine, SLICE_BYTES } from './inflate-engine.ts';

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * The next bytes to push. node:zlib sees the end of a frame only when something stands after it, so the last byte of the file is pushed with
 * one more: where that is taken too, the frame had no end.
 */
async function nextSlice(window: ByteWindow): Promise<Uint8Array> {
  if (await window.fill(2)) return window.bytes.subarray(0, Math.min(SLICE_BYTES, window.bytes.length - 1));
  return Buffer.concat([window.bytes, new Uint8Array(1)]);
}

/** One frame's contents; the return value says what is wrong with it, if anything. */
async function* readFrame(window: ByteWindow, startOffset: number): AsyncGenerator<BytePart, BlockDamage | undefined> {
  const engine = createInflateEngine(createZstdDecompress());
  const start = window.offset;
  let offset = startOffset;
  try {
    while (!engine.isAtEnd) {
      let output: Uint8Array[];
      try {
        output = await engine.push(await nextSlice(window));
      } catch (error) {
        return engine.isBomb ? BOMB : { reason: 'unreadable', detail: `in a zstd frame: ${systemErrorOf(error)}` };
      }
      const numTaken = start + engine.takenBytes - window.offset;
      if (numTaken > window.bytes.length) return { reason: 'unreadable', detail: 'the file ends within a zstd frame' };
      window.take(numTaken);
      for (const bytes of output) {
        yield { bytes, offset, compressedOffset: start };
        offset += bytes.length;
      }
      const bomb = bombDetail(offset - startOffset, window.offset - start);
      if (bomb !== undefined) return { reason: 'compression_bomb', detail: bomb };
    }
  } finally {
    engine.close();
  }
  return undefined;
}

/** @param stored bytes as they are in the file */
export const unzstd = (stored: AsyncIterable<Uint8Array>): ByteParts =>
  readBlocks(stored, { readBlock: readFrame, seekBlock: (window) => seekBytes(window, MAGIC) });
