/**
 * When compressed contents are no text but an attack on memory and disks.
 *
 * Source: deflate reaches at most 1,032 to 1 (zlib's technical notes) and zstd far more; web text stays below 20 and repeated log lines below 200.
 */

/** Bytes that may come out whatever the ratio: short repetitive files are harmless. */
export const FREE_BYTES = 64 * 2 ** 20;
const MAX_RATIO = 400;

/** @returns what is wrong, or undefined */
export function bombDetail(decompressedBytes: number, compressedBytes: number): string | undefined {
  if (decompressedBytes <= FREE_BYTES || decompressedBytes <= compressedBytes * MAX_RATIO) return undefined;
  return `${decompressedBytes} bytes from ${compressedBytes} compressed ones, at most ${MAX_RATIO} to 1 is read`;
}

/** More than `FREE_BYTES` came out of a few kilobytes at once. */
export const BOMB = {
  reason: 'compression_bomb' as const,
  detail: `more than ${FREE_BYTES} bytes from one slice of a few kilobytes, at most ${MAX_RATIO} to 1 is read`,
};
