/**
 * Applies merges to a sequence of ids: always the lowest rank first, the leftmost among equals.
 *
 * Source: Sennrich et al. 2016, arXiv:1508.07909; the order of ties as in Hugging Face tokenizers (`Word::merge_all`).
 * Short sequences are scanned again after each merge; long ones keep a heap over a linked list, so that time grows as n log n.
 */
import { findMerge, type MergeTable } from './merge-table.ts';

const SCAN_LIMIT = 96;
const NO_RANK = 0x7fffffff;

const scanRanks = new Int32Array(SCAN_LIMIT);
const scanTargets = new Int32Array(SCAN_LIMIT);

/**
 * @param symbols ids in `[0, count)`; overwritten by the merged ids
 * @returns how many ids are left at the front of `symbols`
 */
export function mergeSymbols(table: MergeTable, symbols: Int32Array, count: number): number {
  if (count < 2) return count;
  return count <= SCAN_LIMIT ? mergeByScan(table, symbols, count) : mergeByHeap(table, symbols, count);
}

function mergeByScan(table: MergeTable, symbols: Int32Array, count: number): number {
  const slots = table.slots;
  const ranks = scanRanks;
  const targets = scanTargets;
  for (let i = 0; i < count - 1; i++) {
    const base = findMerge(table, symbols[i]!, symbols[i + 1]!);
    ranks[i] = base < 0 ? NO_RANK : slots[base + 2]!;
    targets[i] = base < 0 ? -1 : slots[base + 3]!;
  }
  while (count > 1) {
    let best = 0;
    let bestRank = ranks[0]!;
    for (let i = 1; i < count - 1; i++) {
      const rank = ranks[i]!;
      if (rank < bestRank) {
        bestRank = rank;
        best = i;
      }
    }
    if (bestRank === NO_RANK) break;
    symbols[best] = targets[best]!;
    count--;
    for (let i = best + 1; i < count; i++) {
      symbols[i] = symbols[i + 1]!;
      ranks[i] = ranks[i + 1]!;
      targets[i] = targets[i + 1]!;
    }
    if (best + 1 < count) {
      const base = findMerge(table, symbols[best]!, symbols[best + 1]!);
      ranks[best] = base < 0 ? NO_RANK : slots[base + 2]!;
      targets[best] = base < 0 ? -1 : slots[base + 3]!;
    }
    if (best > 0) {
      const base = findMerge(table, symbols[best - 1]!, symbols[best]!);
      ranks[best - 1] = base < 0 ? NO_RANK : slots[base + 2]!;
      targets[best - 1] = base < 0 ? -1 : slots[base + 3]!;
    }
  }
  return count;
}

/** Heap keys are rank * 2^32 + position, exact in a double as ranks stay below 2^21. */
const POSITION_SPAN = 2 ** 32;

function mergeByHeap(table: MergeTable, symbols: Int32Array, count: number): number {
  const slots = table.slots;
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  let heap = new Float64Array(Math.max(16, count));
  let size = 0;
  for (let i = 0; i < count - 1; i++) {
    const base = findMerge(table, symbols[i]!, symbols[i + 1]!);
    if (base >= 0) heap[size++] = slots[base + 2]! * POSITION_SPAN + i;
  }
  for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(heap, size, i);
  const push = (left: number, right: number) => {
    const base = findMerge(table, symbols[left]!, symbols[right]!);
    if (base < 0) return;
    if (size === heap.length) {
      const larger = new Float64Array(size * 2);
      larger.set(heap);
      heap = larger;
    }
    const key = slots[base + 2]! * POSITION_SPAN + left;
    let at = size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = key;
  };
  while (size > 0) {
    const key = heap[0]!;
    heap[0] = heap[--size]!;
    siftDown(heap, size, 0);
    const rank = Math.floor(key / POSITION_SPAN);
    const position = key - rank * POSITION_SPAN;
    const right = next[position]!;
    if (symbols[position]! < 0 || right >= count) continue;
    const base = findMerge(table, symbols[position]!, symbols[right]!);
    if (base < 0 || slots[base + 2]! !== rank) continue;
    symbols[position] = slots[base + 3]!;
    symbols[right] = -1;
    const after = next[right]!;
    next[position] = after;
    if (after < count) {
      previous[after] = position;
      push(position, after);
    }
    const before = previous[position]!;
    if (before >= 0) push(before, position);
  }
  let kept = 0;
  for (let i = 0; i < count; i = next[i]!) symbols[kept++] = symbols[i]!;
  return kept;
}

function siftDown(heap: Float64Array, size: number, at: number): void {
  const key = heap[at]!;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= key) break;
    heap[at] = heap[child]!;
    at = child;
  }
  if (size > 0) heap[at] = key;
}
