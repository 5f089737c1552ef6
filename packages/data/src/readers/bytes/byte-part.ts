/**
 * A stretch of a file's contents, or a place where contents are lost; what the format readers are fed with.
 *
 * Units: `offset` counts decompressed bytes, `compressedOffset` bytes of the file.
 */
import type { FaultReason } from '../read-fault.ts';

export interface BytePart {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Start of the gzip member or zstd frame that these bytes come from. */
  readonly compressedOffset?: number;
}

/** Bytes are missing here. More parts may follow: those of the next gzip member that can be read. */
export interface ByteDamage {
  readonly bytes?: undefined;
  readonly offset: number;
  readonly compressedOffset?: number;
  readonly reason: FaultReason;
  readonly detail: string;
}

export type ByteParts = AsyncIterable<BytePart | ByteDamage>;
