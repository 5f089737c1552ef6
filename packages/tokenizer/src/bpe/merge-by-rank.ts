/**
 * Merges very long sequences rank by rank, all places of a rank in one sweep from the left: time grows about as n.
 *
 * Only for tables whose ranks rise: a merge then gives rise to later ranks alone, and no sweep has to go back. The places of a rank are a
 * list that is collected and sorted once, when its turn comes; those whose pair has changed since are passed over.
 */
import { findMerge, type MergeTable } from './merge-table.ts';

/** As `mergeSymbols`. */
export function mergeByRank(table: MergeTable, symbols: Int32Array, count: number): number {
  const { slots, mergedIds, numMerges } = table;
  const next = new Int32Array(count);
  const previous = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  /** Rank of the pair that begins at a place, -1 for none. */
  const rankAt = new Int32Array(count).fill(-1);
  // One list of places per rank: each merge changes two pairs.
  const heads = new Int32Array(numMerges).fill(-1);
  const places = new Int32Array(3 * count);
  const following = new Int32Array(3 * count);
  let numEntries = 0;
  const rankPair = (left: number, right: number) => {
    const base = findMerge(table, symbols[left]!, symbols[right]!);
    const rank = base < 0 ? -1 : slots[base + 2]!;
    rankAt[left] = rank;
    if (rank < 0) return;
    places[numEntries] = left;
    following[numEntries] = heads[rank]!;
    heads[rank] = numEntries++;
  };
  for (let i = count - 2; i >= 0; i--) rankPair(i, i + 1);
  let sweep = new Int32Array(1024);
  for (let rank = 0; rank < numMerges; rank++) {
    let size = 0;
    let isSorted = true;
    for (let entry = heads[rank]!; entry >= 0; entry = following[entry]!) {
      const place = places[entry]!;
      if (rankAt[place] !== rank) continue;
      if (size === sweep.length) {
        const larger = new Int32Array(size * 2);
        larger.set(sweep);
        sweep = larger;
      }
      if (size > 0 && sweep[size - 1]! > place) isSorted = false;
      sweep[size++] = place;
    }
    if (!isSorted) sweep.subarray(0, size).sort();
    const merged = mergedIds[rank]!;
    for (let i = 0; i < size; i++) {
      const place = sweep[i]!;
      // The merge before it may have taken its left half.
      if (rankAt[place] !== rank) continue;
      const right = next[place]!;
      const after = next[right]!;
      symbols[place] = merged;
      rankAt[right] = -1;
      next[place] = after;
      if (after < count) {
        previous[after] = place;
        rankPair(place, after);
      } else rankAt[place] = -1;
      const before = previous[place]!;
      if (before >= 0) rankPair(before, place);
    }
  }
  let kept = 0;
  for (let i = 0; i < count; i = next[i]!) symbols[kept++] = symbols[i]!;
  return kept;
}
