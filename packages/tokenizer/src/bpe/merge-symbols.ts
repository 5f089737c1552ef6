/**
 * Applies merges to a sequence of ids: always the lowest rank first, the leftmost among equals.
 *
 * Source: Sennrich et al. 2016, arXiv:1508.07909; the order of ties as in Hugging Face tokenizers (`Word::merge_all`).
 * Short sequences are scanned again after each merge; long ones keep a heap over a linked list, so that time grows as n log n; very long
 * ones (text without blanks) take all places of a rank at once.
 */
import { mergeByHeap } from './merge-by-heap.ts';
import { mergeByRank } from './merge-by-rank.ts';
import { findMerge, type MergeTable } from './merge-table.ts';

const SCAN_LIMIT = 96;
/** From here on the list of places by rank costs less than the heap. */
const RANK_LIMIT = 1 << 14;
const NO_RANK = 0x7fffffff;

const scanRanks = new Int32Array(SCAN_LIMIT);
const scanTargets = new Int32Array(SCAN_LIMIT);

/**
 * @param symbols ids in `[0, count)`; overwritten by the merged ids
 * @returns how many ids are left at the front of `symbols`
 */
export function mergeSymbols(table: MergeTable, symbols: Int32Array, count: number): number {
  if (count < 2) return count;
  if (count <= SCAN_LIMIT) return mergeByScan(table, symbols, count);
  if (count < RANK_LIMIT || !table.ranksRise) return mergeByHeap(table, symbols, count);
  return mergeByRank(table, symbols, count);
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
