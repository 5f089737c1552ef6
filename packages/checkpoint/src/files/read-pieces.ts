/**
 * Positional reads of an open file: whole, or in pieces of which the next is fetched while the caller works on the last.
 *
 * Units: bytes. Memory: two pieces.
 */
import type { FileHandle } from 'node:fs/promises';

export const PIECE_BYTES = 1 << 20;
/** Large targets are read in parts of this size, two at a time: the kernel's copying then uses two cores. */
const PART_BYTES = 1 << 22;

/** @throws `endOfFile(position)` when the file ends before `target` is full */
export async function readFully(
  file: FileHandle,
  target: Uint8Array,
  position: number,
  endOfFile: (position: number) => Error,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < target.length) {
      let done = next;
      const end = Math.min(target.length, done + PART_BYTES);
      next = end;
      while (done < end) {
        const { bytesRead } = await file.read(target, done, end - done, position + done);
        if (bytesRead === 0) {
          next = target.length;
          throw endOfFile(position + done);
        }
        done += bytesRead;
      }
    }
  };
  await (target.length > PART_BYTES ? Promise.all([lane(), lane()]) : lane());
}

/**
 * Each piece is valid until the next one is asked for, and begins at the start of its buffer. All but the last have `pieceBytes` bytes.
 */
export async function* readPieces(
  file: FileHandle,
  position: number,
  sizeBytes: number,
  pieceBytes: number,
  endOfFile: (position: number) => Error,
): AsyncGenerator<Uint8Array> {
  const buffers = [0, 1].map((i) => new Uint8Array(Math.max(0, Math.min(pieceBytes, sizeBytes - i * pieceBytes))));
  const start = (done: number, turn: number): Promise<Uint8Array> => {
    const piece = buffers[turn]!.subarray(0, Math.min(pieceBytes, sizeBytes - done));
    const reading = readFully(file, piece, position + done, endOfFile).then(() => piece);
    // A caller that stops early never waits for the piece that is under way; its failure is then nobody's.
    reading.catch(() => {});
    return reading;
  };
  let next = sizeBytes > 0 ? start(0, 0) : undefined;
  for (let done = pieceBytes, turn = 1; next; done += pieceBytes, turn = 1 - turn) {
    const piece = await next;
    next = done < sizeBytes ? start(done, turn) : undefined;
    yield piece;
  }
}
