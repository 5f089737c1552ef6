/**
 * A window on a stream of bytes that can be looked into before it is taken from; it grows only as far as it is asked to.
 */

export interface ByteWindow {
  /** Bytes not yet taken. */
  bytes: Uint8Array;
  /** Offset of the first of them. */
  offset: number;
  /** Fetches until there are `numBytes`; false where the stream ends before. */
  fill(numBytes: number): Promise<boolean>;
  take(numBytes: number): void;
  /** Lets go of the file or connection behind the stream. */
  close(): Promise<void>;
}

export function createByteWindow(stored: AsyncIterable<Uint8Array>): ByteWindow {
  const iterator = stored[Symbol.asyncIterator]();
  const window: ByteWindow = {
    bytes: new Uint8Array(),
    offset: 0,
    async fill(numBytes) {
      while (window.bytes.length < numBytes) {
        const { done, value } = await iterator.next();
        if (done) return false;
        window.bytes = window.bytes.length === 0 ? value : Buffer.concat([window.bytes, value]);
      }
      return true;
    },
    take(numBytes) {
      window.bytes = window.bytes.subarray(numBytes);
      window.offset += numBytes;
    },
    async close() {
      await iterator.return?.();
    },
  };
  return window;
}

/** Takes all that stands before the first `wanted`; false where the stream ends without one. */
export async function seekBytes(window: ByteWindow, wanted: readonly number[]): Promise<boolean> {
  while (await window.fill(wanted.length)) {
    const at = Buffer.from(window.bytes.buffer, window.bytes.byteOffset, window.bytes.length).indexOf(
      Buffer.from(wanted),
    );
    window.take(at < 0 ? window.bytes.length - wanted.length + 1 : at);
    if (at >= 0) return true;
  }
  return false;
}
