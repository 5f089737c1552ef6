/**
 * Merges by pair of ids, in one open-addressed Int32Array: four numbers per slot (left, right, rank, merged id), one cache line apart.
 */
export interface MergeTable {
  readonly slots: Int32Array;
  readonly mask: number;
  readonly numMerges: number;
}

/**
 * @param merges flat triples (left id, right id, merged id) by rank; a pair that comes twice keeps its last rank, as in Hugging Face
 */
export function createMergeTable(merges: Int32Array): MergeTable {
  const numMerges = merges.length / 3;
  let capacity = 16;
  while (capacity < numMerges * 2) capacity *= 2;
  const slots = new Int32Array(capacity * 4).fill(-1);
  const mask = capacity - 1;
  for (let rank = 0; rank < numMerges; rank++) {
    const left = merges[rank * 3]!;
    const right = merges[rank * 3 + 1]!;
    let slot = hashPair(left, right) & mask;
    while (slots[slot * 4]! !== -1 && !(slots[slot * 4]! === left && slots[slot * 4 + 1]! === right)) {
      slot = (slot + 1) & mask;
    }
    slots[slot * 4] = left;
    slots[slot * 4 + 1] = right;
    slots[slot * 4 + 2] = rank;
    slots[slot * 4 + 3] = merges[rank * 3 + 2]!;
  }
  return { slots, mask, numMerges };
}

/** Index of a pair's slot in `slots` (rank at + 2, merged id at + 3), or -1. */
export function findMerge(table: MergeTable, left: number, right: number): number {
  const { slots, mask } = table;
  let slot = hashPair(left, right) & mask;
  for (;;) {
    const base = slot << 2;
    const found = slots[base]!;
    if (found === left && slots[base + 1]! === right) return base;
    if (found === -1) return -1;
    slot = (slot + 1) & mask;
  }
}

function hashPair(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return h ^ (h >>> 15);
}
