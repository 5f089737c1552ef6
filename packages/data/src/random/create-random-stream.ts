/**
 * A small seeded random stream for shuffles and choices; the same seed gives the same stream on every machine.
 *
 * Source: sfc32 of PractRand (Chris Doty-Humphrey, public domain), seeded through the text hash.
 */
import { hashTextInto } from './hash-text.ts';

export interface RandomStream {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
}

/** @param seed number or text; `${seed}` is hashed, so `1` and `'1'` are the same seed */
export function createRandomStream(seed: number | string): RandomStream {
  const halves = new Uint32Array(2);
  hashTextInto(`${seed}`, halves);
  let a = halves[0]! | 0;
  let b = halves[1]! | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return { next, integer: (limit) => Math.floor(next() * limit) };
}

/** Shuffles in place (Fisher-Yates) and returns the same array. */
export function shuffleInPlace<Items extends Uint32Array | unknown[]>(items: Items, random: RandomStream): Items {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  }
  return items;
}
