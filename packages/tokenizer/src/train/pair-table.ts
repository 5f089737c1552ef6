/**
 * Counts and places of adjacent pairs of ids during training, keyed by pair in an open-addressed table.
 */
export interface PairTable {
  /** Number of the pair, made new with count 0 when it is not there. */
  indexOf(left: number, right: number): number;
  readonly left: (index: number) => number;
  readonly right: (index: number) => number;
  /** Occurrences now, weighted by word counts, by pair number. */
  counts: Float64Array;
}

export function createPairTable(): PairTable {
  let capacity = 1 << 16;
  let slots = new Int32Array(capacity).fill(-1);
  let lefts = new Int32Array(capacity >> 1);
  let rights = new Int32Array(capacity >> 1);
  let size = 0;
  const table: PairTable = {
    counts: new Float64Array(capacity >> 1),
    left: (index) => lefts[index]!,
    right: (index) => rights[index]!,
    indexOf(left, right) {
      let slot = hash(left, right) & (capacity - 1);
      for (let index = slots[slot]!; index >= 0; index = slots[slot]!) {
        if (lefts[index]! === left && rights[index]! === right) return index;
        slot = (slot + 1) & (capacity - 1);
      }
      if (size === capacity >> 1) {
        grow();
        return table.indexOf(left, right);
      }
      slots[slot] = size;
      lefts[size] = left;
      rights[size] = right;
      return size++;
    },
  };

  const enlarge = (source: Int32Array<ArrayBuffer>) => {
    const target = new Int32Array(capacity >> 1);
    target.set(source);
    return target;
  };

  function grow(): void {
    capacity *= 2;
    slots = new Int32Array(capacity).fill(-1);
    lefts = enlarge(lefts);
    rights = enlarge(rights);
    const counts = new Float64Array(capacity >> 1);
    counts.set(table.counts);
    table.counts = counts;
    for (let index = 0; index < size; index++) {
      let slot = hash(lefts[index]!, rights[index]!) & (capacity - 1);
      while (slots[slot]! >= 0) slot = (slot + 1) & (capacity - 1);
      slots[slot] = index;
    }
  }
  return table;
}

function hash(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return h ^ (h >>> 15);
}
