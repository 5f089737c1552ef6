/**
 * Merges over a linked list with a heap of places, ordered by rank and then from the left: time grows as n log n.
 */
import { findMerge, type MergeTable } from './merge-table.ts';

/** Heap keys are rank * 2^32 + position, exact in a double as ranks stay below 2^21. */
const POSITION_SPAN = 2 ** 32;

/** As `mergeSymbols`, for any table and length. */
export function mergeByHeap(table: MergeTable, symbols: Int32Array, count: number): number {
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
