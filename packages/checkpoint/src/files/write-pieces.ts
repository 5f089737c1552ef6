/**
 * Writes to an open file, piece after piece; the caller may prepare the next piece while the last is being written.
 */
import type { FileHandle } from 'node:fs/promises';

/** Larger writes hold up the kernel: 64 MiB at once were measured slower, and far less steady, than 1 MiB. */
const MAX_WRITE_BYTES = 1 << 20;

export async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(MAX_WRITE_BYTES, bytes.length - done), null);
    done += bytesWritten;
  }
}

export interface PieceWriter {
  /** Waits for the piece before, then begins to write this one, which must not change until the call after. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until everything is written. */
  finish(): Promise<void>;
}

export function createPieceWriter(file: FileHandle): PieceWriter {
  let underWay: Promise<void> = Promise.resolve();
  return {
    async write(bytes) {
      await underWay;
      underWay = writeFully(file, bytes);
      // The failure is reported by the call that waits for it.
      underWay.catch(() => {});
    },
    finish: () => underWay,
  };
}
