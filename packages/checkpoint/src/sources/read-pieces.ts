/**
 * Reads a source in pieces, of which the next is fetched while the caller works on the last.
 *
 * Units: bytes. Memory: two pieces.
 */
import type { ByteSource } from './byte-source.ts';

export const PIECE_BYTES = 1 << 20;

/**
 * Each piece is valid until the next one is asked for, and begins at the start of its buffer. All but the last have `pieceBytes` bytes.
 */
export async function* readPieces(
  source: Pick<ByteSource, 'read'>,
  position: number,
  sizeBytes: number,
  pieceBytes = PIECE_BYTES,
): AsyncGenerator<Uint8Array> {
  const buffers = [0, 1].map((i) => new Uint8Array(Math.max(0, Math.min(pieceBytes, sizeBytes - i * pieceBytes))));
  const start = (done: number, turn: number): Promise<Uint8Array> => {
    const piece = buffers[turn]!.subarray(0, Math.min(pieceBytes, sizeBytes - done));
    const reading = source.read(piece, position + done).then(() => piece);
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
