/**
 * A table from 64-bit keys (two halves) to 32-bit values in typed arrays: open addressing, grown by doubling.
 */
export interface HashTable {
  readonly size: number;
  /** @returns the value that the key has already, or -1 after having put `value` in */
  getOrSet(low: number, high: number, value: number): number;
  /** @returns the key's value, or -1 */
  get(low: number, high: number): number;
}

const MAX_LOAD = 0.6;

export function createHashTable(expected = 1024): HashTable {
  let capacity = 16;
  while (capacity * MAX_LOAD < expected) capacity *= 2;
  let lows = new Uint32Array(capacity);
  let highs = new Uint32Array(capacity);
  let values = new Int32Array(capacity).fill(-1);
  let size = 0;

  const slotOf = (low: number, high: number): number => {
    const mask = capacity - 1;
    let slot = (low ^ Math.imul(high, 0x9e3779b1)) & mask;
    while (values[slot]! >= 0 && (lows[slot] !== low || highs[slot] !== high)) slot = (slot + 1) & mask;
    return slot;
  };
  const grow = (): void => {
    const [oldLows, oldHighs, oldValues] = [lows, highs, values];
    capacity *= 2;
    lows = new Uint32Array(capacity);
    highs = new Uint32Array(capacity);
    values = new Int32Array(capacity).fill(-1);
    for (let i = 0; i < oldValues.length; i++) {
      if (oldValues[i]! < 0) continue;
      const slot = slotOf(oldLows[i]!, oldHighs[i]!);
      lows[slot] = oldLows[i]!;
      highs[slot] = oldHighs[i]!;
      values[slot] = oldValues[i]!;
    }
  };
  return {
    get size() {
      return size;
    },
    get: (low, high) => values[slotOf(low, high)]!,
    getOrSet: (low, high, value) => {
      let slot = slotOf(low, high);
      if (values[slot]! >= 0) return values[slot]!;
      if (size + 1 > capacity * MAX_LOAD) {
        grow();
        slot = slotOf(low, high);
      }
      lows[slot] = low;
      highs[slot] = high;
      values[slot] = value;
      size++;
      return -1;
    },
  };
}
