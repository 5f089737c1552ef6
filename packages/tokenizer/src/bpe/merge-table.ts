/**
 * Merges by pair of ids, in one open-addressed Int32Array: four numbers per slot (left, right, rank, merged id), one cache line apart.
 */
export interface MergeTable {
  readonly slots: Int32Array;
  readonly mask: number;
  readonly numMerges: number;
  /** Merged id by rank. */
  readonly mergedIds: Int32Array;
  /** Whether what joins a merged id always ranks after what made it, as in every table that was learned in one go. */
  readonly ranksRise: boolean;
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
  const mergedIds = Int32Array.from({ length: numMerges }, (_, rank) => merges[rank * 3 + 2]!);
  return { slots, mask, numMerges, mergedIds, ranksRise: doRanksRise(slots) };
}

function doRanksRise(slots: Int32Array): boolean {
  const lastMaking = new Map<number, number>();
  for (let base = 0; base < slots.length; base += 4) {
    const [rank, merged] = [slots[base + 2]!, slots[base + 3]!];
    if (rank >= 0) lastMaking.set(merged, Math.max(rank, lastMaking.get(merged) ?? -1));
  }
  for (let base = 0; base < slots.length; base += 4) {
    const rank = slots[base + 2]!;
    if (rank < 0) continue;
    for (const part of [slots[base]!, slots[base + 1]!]) if ((lastMaking.get(part) ?? -1) >= rank) return false;
  }
  return true;
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
