/**
 * Contents of a compressed file block by block (gzip members, zstd frames): a damaged block costs itself, and reading goes on at the next.
 */
import type { ByteDamage, BytePart, ByteParts } from './byte-part.ts';
import { type ByteWindow, createByteWindow } from './byte-window.ts';
import { systemErrorOf } from './decompress.ts';

/** What is wrong with a block. */
export type BlockDamage = Pick<ByteDamage, 'reason' | 'detail'>;

/** How one kind of compressed block is read. */
export interface BlockFormat {
  /** Contents of the block that the window stands at, from `offset` on; the return value says what is wrong with it, if anything. */
  readBlock(window: ByteWindow, offset: number): AsyncGenerator<BytePart, BlockDamage | undefined>;
  /** Takes what may stand between two whole blocks. */
  takePadding?(window: ByteWindow): Promise<void>;
  /** Moves to the next bytes that begin like a block; false where there are none. */
  seekBlock(window: ByteWindow): Promise<boolean>;
}

/** @param stored bytes as they are in the file */
export async function* readBlocks(stored: AsyncIterable<Uint8Array>, format: BlockFormat): ByteParts {
  const window = createByteWindow(stored);
  let offset = 0;
  try {
    while (await window.fill(1)) {
      const compressedOffset = window.offset;
      const block = format.readBlock(window, offset);
      let step = await block.next();
      for (; !step.done; step = await block.next()) {
        yield step.value;
        offset = step.value.offset + step.value.bytes.length;
      }
      const damage = step.value;
      if (damage === undefined) await format.takePadding?.(window);
      else {
        yield { offset, compressedOffset, ...damage };
        if (damage.reason === 'compression_bomb' || !(await format.seekBlock(window))) return;
      }
    }
  } catch (error) {
    yield { offset, compressedOffset: window.offset, reason: 'unreadable', detail: systemErrorOf(error) };
  } finally {
    await window.close();
  }
}
