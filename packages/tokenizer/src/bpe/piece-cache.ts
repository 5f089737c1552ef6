/**
 * Ids of pieces seen before, keyed by their UTF-16 units: one hash table over two arenas, without a string or object per piece.
 *
 * When an arena or the table is full the cache starts again from empty, so that memory is bounded and it follows the text.
 */
export interface PieceCache {
  /** Position of the ids in `ids`, or -1. */
  find(units: Uint16Array, start: number, end: number, hash: number): number;
  /** Number of ids of the piece that `find` found last. */
  readonly foundCount: () => number;
  add(units: Uint16Array, start: number, end: number, hash: number, from: Int32Array, count: number): void;
  readonly ids: Int32Array;
}

/** Longer pieces are not kept. */
export const MAX_CACHED_UNITS = 48;

const NUM_SLOTS = 1 << 17;
const MAX_ENTRIES = 80_000;
const MAX_UNITS = 1 << 20;
const MAX_IDS = 1 << 19;

export function createPieceCache(): PieceCache {
  // per slot: hash, start in `keys`, start in `ids`, length * 65536 + count (0 where empty)
  const slots = new Int32Array(NUM_SLOTS * 4);
  const keys = new Uint16Array(MAX_UNITS);
  const ids = new Int32Array(MAX_IDS);
  let numEntries = 0;
  let numUnits = 0;
  let numIds = 0;
  let found = 0;

  return {
    ids,
    foundCount: () => found,
    find(units, start, end, hash) {
      const length = end - start;
      let slot = (hash ^ (hash >>> 15)) & (NUM_SLOTS - 1);
      for (;;) {
        const base = slot << 2;
        const size = slots[base + 3]!;
        if (size === 0) return -1;
        if (slots[base]! === hash && size >>> 16 === length) {
          const key = slots[base + 1]!;
          let i = 0;
          while (i < length && keys[key + i]! === units[start + i]!) i++;
          if (i === length) {
            found = size & 0xffff;
            return slots[base + 2]!;
          }
        }
        slot = (slot + 1) & (NUM_SLOTS - 1);
      }
    },
    add(units, start, end, hash, from, count) {
      const length = end - start;
      if (numEntries === MAX_ENTRIES || numUnits + length > MAX_UNITS || numIds + count > MAX_IDS) {
        slots.fill(0);
        numEntries = numUnits = numIds = 0;
      }
      let slot = (hash ^ (hash >>> 15)) & (NUM_SLOTS - 1);
      while (slots[(slot << 2) + 3]! !== 0) slot = (slot + 1) & (NUM_SLOTS - 1);
      const base = slot << 2;
      slots[base] = hash;
      slots[base + 1] = numUnits;
      slots[base + 2] = numIds;
      slots[base + 3] = (length << 16) | count;
      for (let i = 0; i < length; i++) keys[numUnits++] = units[start + i]!;
      for (let i = 0; i < count; i++) ids[numIds++] = from[i]!;
      numEntries++;
    },
  };
}
