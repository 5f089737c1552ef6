/**
 * Decompressors of Parquet pages that never make more than a page may have.
 *
 * GZIP, ZSTD and BROTLI are node:zlib's; SNAPPY and LZ4 those of npm `hyparquet-compressors`.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { compressors as packaged } from 'hyparquet-compressors';

/** Writers make pages of 1 MiB; a single long value may make a longer one. */
export const MAX_PAGE_BYTES = 256 * 2 ** 20;

type Decompress = NonNullable<Compressors['GZIP']>;

const bounded =
  (decompress: Decompress): Decompress =>
  (input, outputLength) => {
    if (!(outputLength >= 0 && outputLength <= MAX_PAGE_BYTES)) {
      throw new Error(`a page must have at most ${MAX_PAGE_BYTES} bytes, its header says ${outputLength}`);
    }
    const output = decompress(input, outputLength);
    if (output.length !== outputLength)
      throw new Error(`a page has ${output.length} bytes, its header says ${outputLength}`);
    return output;
  };

export const BOUNDED_COMPRESSORS: Compressors = {
  ...Object.fromEntries(
    Object.entries(packaged).map(([codec, decompress]) => [codec, bounded(decompress as Decompress)]),
  ),
  GZIP: bounded((input, maxOutputLength) => gunzipSync(input, { maxOutputLength: maxOutputLength + 1 })),
  ZSTD: bounded((input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength: maxOutputLength + 1 })),
  BROTLI: bounded((input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength: maxOutputLength + 1 })),
};
