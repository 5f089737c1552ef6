/**
 * Reads a source in pieces, of which the next is fetched while the caller works on the last.
 *
 * Units: bytes. Memory: two pieces, or what the caller gives.
 */
import type { ByteSource } from './byte-source.ts';

export const PIECE_BYTES = 1 << 20;

/** Pieces that are fetched ahead where there is room: more threads take part, and a late one holds nobody up. */
const AHEAD_WITH_ROOM = 4;

/**
 * Each piece is valid until the next one is asked for, and begins at the start of its buffer. All but the last have `pieceBytes` bytes.
 *
 * @param room memory for all bytes, in which the pieces then lie one after the other
 */
export async function* readPieces(
  source: Pick<ByteSource, 'read'>,
  position: number,
  sizeBytes: number,
  pieceBytes = PIECE_BYTES,
  room?: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const buffers = room
    ? []
    : [0, 1].map((i) => new Uint8Array(Math.max(0, Math.min(pieceBytes, sizeBytes - i * pieceBytes))));
  const start = (done: number): Promise<Uint8Array> => {
    const size = Math.min(pieceBytes, sizeBytes - done);
    const piece = room ? room.subarray(done, done + size) : buffers[(done / pieceBytes) % 2]!.subarray(0, size);
    const reading = source.read(piece, position + done).then(() => piece);
    // A caller that stops early never waits for what is under way; its failure is then nobody's.
    reading.catch(() => {});
    return reading;
  };
  const underWay: Promise<Uint8Array>[] = [];
  let next = 0;
  const startUpTo = (end: number) => {
    for (; next < Math.min(end, sizeBytes); next += pieceBytes) underWay.push(start(next));
  };
  for (let done = 0; done < sizeBytes; done += pieceBytes) {
    startUpTo(done + pieceBytes);
    const piece = await underWay.shift()!;
    startUpTo(done + pieceBytes * (1 + (room ? AHEAD_WITH_ROOM : 1)));
    yield piece;
  }
}
