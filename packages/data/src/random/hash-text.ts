/**
 * A 64-bit hash of text as two 32-bit halves, without BigInt.
 *
 * Source: MurmurHash3's 32-bit finaliser and multiply-rotate rounds (Austin Appleby, public domain), over UTF-16 units in two lanes.
 * Units: each half is an unsigned 32-bit integer; the pair is stable across machines and versions, files depend on it.
 */

/** Halves of the last `hashText`: module state would be shared, so the caller brings the array. */
export type HashPair = Uint32Array;

function finish(hash: number): number {
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mixes all 32 bits of an integer: a bijection on unsigned 32-bit integers. */
export function mixBits(value: number): number {
  return finish(value | 0);
}

/**
 * @param text any string
 * @param out [2] receives the low and the high half
 */
export function hashTextInto(text: string, out: HashPair): void {
  let low = 0x9e3779b9;
  let high = 0x7f4a7c15;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0xcc9e2d51);
    low = (low << 15) | (low >>> 17);
    high = Math.imul(high + unit, 0x1b873593) ^ low;
    high = (high << 13) | (high >>> 19);
  }
  const first = finish(low ^ text.length);
  const second = finish(high ^ Math.imul(first, 0x27d4eb2f));
  out[0] = first;
  out[1] = second;
}

/** @returns an unsigned 32-bit hash of a string */
export function hashText(text: string): number {
  const out = new Uint32Array(2);
  hashTextInto(text, out);
  return out[0]!;
}
