/**
 * A short name for the bits of an array, to compare results that were computed in different processes.
 *
 * Source: FNV-1a, 32 bits, over 32-bit words.
 */
export function hashBits(values: Float32Array | Int32Array | Uint8Array): string {
  const words = new Uint32Array(values.slice().buffer);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  return `${words.length}:${hash.toString(16)}`;
}
