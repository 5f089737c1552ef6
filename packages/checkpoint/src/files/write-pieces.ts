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

/** So much is handed to the disk while more is being prepared: a flush at the end would wait for all of it at once. */
const FLUSH_EVERY_BYTES = 1 << 22;

export interface PieceWriter {
  /** Waits for the piece before, then begins to write this one, which must not change until the call after. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until the last piece is written, and may change; what goes to the disk meanwhile goes on. */
  settle(): Promise<void>;
  /** Waits until everything is written; the caller flushes. */
  finish(): Promise<void>;
}

export function createPieceWriter(file: FileHandle): PieceWriter {
  let underWay: Promise<void> = Promise.resolve();
  let flush: Promise<void> = Promise.resolve();
  let isFlushing = false;
  let unflushedBytes = 0;
  const begin = (work: Promise<void>): Promise<void> => {
    // The failure is reported by the call that waits for it.
    work.catch(() => {});
    return work;
  };
  return {
    async write(bytes) {
      await underWay;
      if (unflushedBytes >= FLUSH_EVERY_BYTES && !isFlushing) {
        isFlushing = true;
        unflushedBytes = 0;
        // A failed one stays the last, for `finish` to tell: the system tells it once.
        flush = begin(
          file.datasync().then(() => {
            isFlushing = false;
          }),
        );
      }
      underWay = begin(writeFully(file, bytes));
      unflushedBytes += bytes.length;
    },
    settle: () => underWay,
    async finish() {
      await underWay;
      await flush;
    },
  };
}
