/**
 * One of node:zlib's streams fed slice by slice, so that what comes out of each slice is known and bounded.
 */
import type { Transform } from 'node:stream';
import { FREE_BYTES } from './compression-limits.ts';

/** Small enough that a thousandfold expansion of one slice still fits. */
export const SLICE_BYTES = 1 << 15;

export interface InflateEngine {
  /** @returns what the slice decompresses to; rejects with zlib's error */
  push(slice: Uint8Array): Promise<Uint8Array[]>;
  /** Whether the compressed stream has ended before the last slice did; the rest of that slice was not taken. */
  readonly isAtEnd: boolean;
  /** Whether one slice made more than memory is set aside for; the rejection says no more. */
  readonly isBomb: boolean;
  /** Compressed bytes taken so far. */
  readonly takenBytes: number;
  close(): void;
}

export function createInflateEngine(stream: Transform & { readonly bytesWritten: number }): InflateEngine {
  let output: Uint8Array[] = [];
  let isAtEnd = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let outputBytes = 0;
  let isBomb = false;
  stream.on('data', (bytes: Uint8Array) => {
    outputBytes += bytes.length;
    output.push(bytes);
    if (outputBytes <= FREE_BYTES) return;
    output = [];
    isBomb = true;
    stream.destroy(Object.assign(new Error('too much from one slice'), { code: 'Z_BUF_ERROR' }));
  });
  stream.on('end', () => {
    isAtEnd = true;
    wake?.();
  });
  stream.on('error', (error: Error) => {
    failure = error;
    wake?.();
  });
  const push = async (slice: Uint8Array): Promise<Uint8Array[]> => {
    if (failure === undefined && !isAtEnd) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        stream.write(slice, () => resolve());
      });
    }
    if (failure !== undefined) throw failure;
    const bytes = output;
    output = [];
    outputBytes = 0;
    return bytes;
  };
  return {
    push,
    get isAtEnd() {
      return isAtEnd;
    },
    get isBomb() {
      return isBomb;
    },
    get takenBytes() {
      return stream.bytesWritten;
    },
    close: () => stream.destroy(),
  };
}
