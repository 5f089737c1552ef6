/**
 * Seeded random numbers that are the same on every platform, backend and number of threads.
 *
 * Source: Philox4x32-10 (see philox.ts); Box and Muller 1958 for normals; Fisher and Yates for shuffles.
 * Differs: counter-based, so a stream is a seed and a position: it can be saved, moved and split without drawing numbers.
 */
import { coreError } from '../core-error.ts';
import { exactCosSin, exactLog } from './exact-math.ts';
import { type Key, philox4x32 } from './philox.ts';

/** A stream of random numbers that can be sought, forked and drawn from in several distributions. */
export interface Random {
  /** Words of 32 bits drawn so far; `seek` back to it to draw the same numbers again. */
  readonly position: number;
  /** Goes to a number of drawn words, as read from `position` before; nothing is drawn on the way. */
  seek(position: number): void;
  /** 32 random bits, in [0, 2^32). */
  uint32(): number;
  /** In [0, 1), 53 random bits. */
  uniform(): number;
  /** Mean 0, deviation 1. */
  normal(): number;
  /** Each integer of [0, n) equally likely. */
  integer(n: number): number;
  /** A new array in random order. */
  shuffle<Item>(items: ArrayLike<Item>): Item[];
  /** The integers of [0, n) in random order. */
  permutation(n: number): Int32Array;
  /** n normals with the given mean and deviation. */
  normalArray(n: number, options?: { readonly mean?: number; readonly standardDeviation?: number }): Float32Array;
  /** An independent stream that depends on this stream's seed and on the label, not on what has been drawn. */
  fork(label: string | number): Random;
}

const TWO_POW_32 = 4_294_967_296;
const TWO_POW_53 = 9_007_199_254_740_992;
/** Fourth word of the counter: keeps the numbers that make keys apart from the numbers that are drawn. */
const DRAW = 0;
const FORK = 1;

/**
 * Opens a stream of random numbers at its beginning.
 *
 * @param seed an integer of at most 53 bits, or a string; the number 1 and the string '1' are different seeds
 */
export function createRandom(seed: number | string): Random {
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw coreError(
      'createRandom',
      `a numeric seed must be an integer of at most 53 bits, got ${seed}. Use a string otherwise.`,
    );
  }
  if (typeof seed !== 'number' && typeof seed !== 'string') {
    throw coreError('createRandom', `the seed must be an integer or a string, got ${typeof seed}.`);
  }
  return createStream(labelKey(seed));
}

function createStream(key: Key): Random {
  // Words are made four at a time: the next is word `at` of block `blockIndex`.
  let blockIndex = 0;
  let at = 0;
  let block: readonly number[] | undefined;

  function uint32(): number {
    block ??= philox4x32([(blockIndex % TWO_POW_32) >>> 0, Math.floor(blockIndex / TWO_POW_32), 0, DRAW], key);
    const word = block[at]!;
    if (++at === 4) {
      at = 0;
      blockIndex++;
      block = undefined;
    }
    return word;
  }

  const uniform = () => ((uint32() >>> 5) * 67_108_864 + (uint32() >>> 6)) / TWO_POW_53;

  function normalPair(): [number, number] {
    const radius = Math.sqrt(-2 * exactLog(1 - uniform()));
    const [cos, sin] = exactCosSin(uniform());
    return [radius * cos, radius * sin];
  }

  function integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1)
      throw coreError('integer', `n must be an integer from 1 to 2^53 - 1, got ${n}.`);
    const isWord = n <= TWO_POW_32;
    const range = isWord ? TWO_POW_32 : TWO_POW_53;
    // Values beyond the last whole multiple of n would favour small results: draw again.
    const limit = range - (range % n);
    for (;;) {
      const value = isWord ? uint32() : uniform() * TWO_POW_53;
      if (value < limit) return value % n;
    }
  }

  function shuffleInPlace<Items extends unknown[] | Int32Array>(items: Items): Items {
    for (let last = items.length - 1; last > 0; last--) {
      const other = integer(last + 1);
      [items[last], items[other]] = [items[other]!, items[last]!];
    }
    return items;
  }

  return {
    get position() {
      return blockIndex * 4 + at;
    },
    seek(target) {
      if (!Number.isSafeInteger(target) || target < 0)
        throw coreError('seek', `the position must be an integer from 0, got ${target}.`);
      blockIndex = Math.floor(target / 4);
      at = target % 4;
      block = undefined;
    },
    uint32,
    uniform,
    normal: () => normalPair()[0],
    integer,
    shuffle: (items) => shuffleInPlace(Array.from(items)),
    permutation: (n) => {
      if (!Number.isInteger(n) || n < 0) throw coreError('permutation', `n must be an integer from 0, got ${n}.`);
      return shuffleInPlace(Int32Array.from({ length: n }, (_, index) => index));
    },
    normalArray(n, { mean = 0, standardDeviation = 1 } = {}) {
      if (!Number.isInteger(n) || n < 0) throw coreError('normalArray', `n must be an integer from 0, got ${n}.`);
      const values = new Float32Array(n);
      for (let index = 0; index < n; index += 2) {
        const [first, second] = normalPair();
        values[index] = mean + standardDeviation * first;
        if (index + 1 < n) values[index + 1] = mean + standardDeviation * second;
      }
      return values;
    },
    fork: (label) => {
      const [a, b] = labelKey(label);
      const [k0, k1] = philox4x32([a, b, 0, FORK], key);
      return createStream([k0, k1]);
    },
  };
}

/** Numbers are their own key; strings are hashed (two 32-bit FNV-1a hashes over UTF-16 units, mixed by Philox). */
function labelKey(label: number | string): Key {
  if (typeof label === 'number') {
    if (!Number.isSafeInteger(label))
      throw coreError('fork', `a numeric label must be an integer of at most 53 bits, got ${label}.`);
    return [label >>> 0, Math.floor(label / TWO_POW_32) >>> 0];
  }
  let low = 0x811c9dc5;
  let high = 0x050c5d1f;
  for (let index = 0; index < label.length; index++) {
    const unit = label.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + index), 0x01000193);
  }
  const [a, b] = philox4x32([low >>> 0, high >>> 0, label.length, 2], [0x6d617263, 0x6f2d7473]);
  return [a, b];
}
