/**
 * Writes to an open file, piece after piece, while the caller prepares the next ones.
 */
import type { FileHandle } from 'node:fs/promises';

/** Larger writes hold up the kernel: 64 MiB at once were measured slower, and far less steady, than 1 MiB. */
export const PIECE_BYTES = 1 << 20;

/**
 * @param position where the first byte goes; null appends
 * @param afterEach told how many bytes have been written, each time
 */
export async function writeFully(
  file: FileHandle,
  bytes: Uint8Array,
  position: number | null = null,
  afterEach?: (numBytes: number) => void,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, Math.min(PIECE_BYTES, bytes.length - done), at);
    done += bytesWritten;
    afterEach?.(bytesWritten);
  }
}

/** So much is handed to the disk while more is being prepared: a flush at the end would wait for all of it at once. */
const FLUSH_EVERY_BYTES = 1 << 22;
/** Pieces that may be under way: the disk's cache takes ten times as long for some of them as for others. */
const NUM_ROOMS = 4;

export interface PieceWriter {
  /** Writes bytes of the caller, which may change when they are written; large ones are to be waited for, so that the file is written from its start. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Begins to write bytes that `make` puts into memory of the writer, once some is free.
   *
   * @param sizeBytes at most PIECE_BYTES
   */
  writeMade(sizeBytes: number, make: (room: Uint8Array) => void): Promise<void>;
  /** Waits until everything is written; the caller flushes. */
  finish(): Promise<void>;
}

/** @param file open, empty */
export function createPieceWriter(file: FileHandle): PieceWriter {
  let position = 0;
  let written: Promise<void> = Promise.resolve();
  let flush: Promise<void> = Promise.resolve();
  let isFlushing = false;
  let unflushedBytes = 0;
  /** Memory by turns, each with the write that it waits for. */
  const rooms: { bytes: Uint8Array; free: Promise<void> }[] = [];
  let turn = 0;

  const flushSometimes = (numBytes: number) => {
    unflushedBytes += numBytes;
    if (unflushedBytes < FLUSH_EVERY_BYTES || isFlushing) return;
    isFlushing = true;
    unflushedBytes = 0;
    flush = file.datasync().then(() => {
      isFlushing = false;
    });
    // A failed one stays the last, for `finish` to tell: the system tells it once.
    flush.catch(() => {});
  };
  const write = (bytes: Uint8Array): Promise<void> => {
    // All are under way at once, each at its place: a write that had to be begun after another would wait for this thread.
    const work = writeFully(file, bytes, position, flushSometimes);
    position += bytes.length;
    written = written.then(() => work);
    // The failure is reported by the call that waits for it.
    work.catch(() => {});
    written.catch(() => {});
    return work;
  };
  return {
    write,
    async writeMade(sizeBytes, make) {
      const room = (rooms[turn] ??= { bytes: new Uint8Array(sizeBytes), free: Promise.resolve() });
      turn = (turn + 1) % NUM_ROOMS;
      await room.free;
      if (room.bytes.length < sizeBytes) room.bytes = new Uint8Array(sizeBytes);
      const bytes = room.bytes.subarray(0, sizeBytes);
      make(bytes);
      room.free = write(bytes);
    },
    async finish() {
      await written;
      await flush;
    },
  };
}
