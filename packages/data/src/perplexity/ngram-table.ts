/**
 * n-grams of one order in flat arrays, found by their word ids through open addressing.
 *
 * Shapes: G n-grams of order n: ids [G * n], logProbs [G], backoffs [G].
 * Units: log10 probabilities as float32, as ARPA files and KenLM have them. Memory: 4 n + 8 bytes an n-gram and 7 to 14 bytes for its slot.
 */

export interface NGramTable {
  readonly order: number;
  readonly size: number;
  /** Filled up to `size * order`. */
  readonly ids: Int32Array;
  /** log10 P(last word | the words before it). */
  readonly logProbs: Float32Array;
  /** log10 of what a longer context leaves to a shorter one; 0 where nothing continues the n-gram. */
  readonly backoffs: Float32Array;
  /** Index of the n-gram `words[start ... start + order)`, or -1. */
  find(words: Int32Array, start: number): number;
  /** Index of the n-gram, which is added when it is new. */
  add(words: Int32Array, start: number): number;
}

const MAX_LOAD = 0.6;

function hashWords(words: Int32Array, start: number, order: number): number {
  let hash = 0x9e3779b9 ^ order;
  for (let i = 0; i < order; i++) {
    hash = Math.imul(hash ^ words[start + i]!, 0xcc9e2d51);
    hash = Math.imul((hash << 15) | (hash >>> 17), 0x1b873593);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** @param expected n-grams to make room for; more are taken all the same */
export function createNGramTable(order: number, expected = 1024): NGramTable {
  let capacity = 16;
  while (capacity * MAX_LOAD < expected) capacity *= 2;
  let slots = new Int32Array(capacity).fill(-1);
  let room = Math.max(16, expected);
  let ids = new Int32Array(room * order);
  let logProbs = new Float32Array(room);
  let backoffs = new Float32Array(room);
  let size = 0;

  const isAt = (index: number, words: Int32Array, start: number): boolean => {
    for (let i = 0, at = index * order; i < order; i++) if (ids[at + i] !== words[start + i]) return false;
    return true;
  };
  const slotOf = (words: Int32Array, start: number): number => {
    const mask = capacity - 1;
    let slot = hashWords(words, start, order) & mask;
    while (slots[slot]! >= 0 && !isAt(slots[slot]!, words, start)) slot = (slot + 1) & mask;
    return slot;
  };
  const growSlots = (): void => {
    capacity *= 2;
    slots = new Int32Array(capacity).fill(-1);
    for (let index = 0; index < size; index++) slots[slotOf(ids, index * order)] = index;
  };
  const growRoom = (): void => {
    room *= 2;
    const enlarge = <A extends Int32Array | Float32Array>(old: A, into: A): A => {
      into.set(old);
      return into;
    };
    ids = enlarge(ids, new Int32Array(room * order));
    logProbs = enlarge(logProbs, new Float32Array(room));
    backoffs = enlarge(backoffs, new Float32Array(room));
  };
  return {
    order,
    get size() {
      return size;
    },
    get ids() {
      return ids;
    },
    get logProbs() {
      return logProbs;
    },
    get backoffs() {
      return backoffs;
    },
    find: (words, start) => slots[slotOf(words, start)]!,
    add: (words, start) => {
      let slot = slotOf(words, start);
      if (slots[slot]! >= 0) return slots[slot]!;
      if (size + 1 > capacity * MAX_LOAD) {
        growSlots();
        slot = slotOf(words, start);
      }
      if (size === room) growRoom();
      for (let i = 0; i < order; i++) ids[size * order + i] = words[start + i]!;
      slots[slot] = size;
      return size++;
    },
  };
}
