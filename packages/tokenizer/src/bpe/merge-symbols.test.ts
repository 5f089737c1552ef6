import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeByHeap } from './merge-by-heap.ts';
import { mergeByRank } from './merge-by-rank.ts';
import { mergeSymbols } from './merge-symbols.ts';
import { createMergeTable, findMerge } from './merge-table.ts';

/** Merges over the ids 0, 1, 2: each new id joins two earlier ones. */
const merges = [
  [0, 0],
  [0, 1],
  [3, 3],
  [1, 2],
  [4, 6],
  [2, 2],
  [3, 4],
  [5, 3],
  [8, 0],
];
const triples = Int32Array.from(merges.flatMap(([left, right], rank) => [left!, right!, 3 + rank]));
const table = createMergeTable(triples);

/** The definition itself: find the lowest rank, join its leftmost place, begin again. */
function mergeByDefinition(symbols: number[]): number[] {
  const now = [...symbols];
  for (;;) {
    let best = -1;
    let bestRank = merges.length;
    for (let i = 0; i + 1 < now.length; i++) {
      const rank = merges.findIndex(([left, right]) => left === now[i] && right === now[i + 1]);
      if (rank >= 0 && rank < bestRank) {
        bestRank = rank;
        best = i;
      }
    }
    if (best < 0) return now;
    now.splice(best, 2, 3 + bestRank);
  }
}

test.each([
  ['short', 0, 96],
  ['long', 97, 260],
])('%s sequences are merged by the definition', (_, minLength, maxLength) => {
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength, maxLength }), (symbols) => {
      const out = Int32Array.from(symbols);
      const count = mergeSymbols(table, out, symbols.length);
      expect([...out.subarray(0, count)]).toEqual(mergeByDefinition(symbols));
    }),
    { numRuns: 150 },
  );
});

test('a pair that comes twice keeps its last rank', () => {
  const twice = createMergeTable(Int32Array.from([0, 1, 3, 1, 2, 4, 0, 1, 3]));
  expect(twice.slots[findMerge(twice, 0, 1) + 2]).toBe(2);
  const out = Int32Array.from([0, 1, 2]);
  expect([...out.subarray(0, mergeSymbols(twice, out, 3))]).toEqual([0, 4]);
});

test('unknown pairs are not found', () => {
  expect(findMerge(table, 2, 0)).toBe(-1);
  expect(findMerge(createMergeTable(new Int32Array()), 0, 0)).toBe(-1);
});

test('sweeps by rank give what the heap gives', () => {
  const text = fc.array(fc.nat(2), { maxLength: 400 });
  // each pair joins ids that are already there, and makes a new one: ranks rise
  const rising = fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6)), { minLength: 1, maxLength: 40 }).map((pairs) => {
    const seen = new Set<string>();
    const flat: number[] = [];
    for (const [a, b] of pairs) {
      const numIds = 3 + flat.length / 3;
      const pair = [a % numIds, b % numIds] as const;
      if (seen.has(`${pair}`)) continue;
      seen.add(`${pair}`);
      flat.push(...pair, numIds);
    }
    return createMergeTable(Int32Array.from(flat));
  });
  fc.assert(
    fc.property(rising, text, (anyTable, symbols) => {
      expect(anyTable.ranksRise).toBe(true);
      const [byRank, byHeap] = [Int32Array.from(symbols), Int32Array.from(symbols)];
      const count = mergeByRank(anyTable, byRank, symbols.length);
      expect(count).toBe(mergeByHeap(anyTable, byHeap, symbols.length));
      expect(byRank.subarray(0, count)).toEqual(byHeap.subarray(0, count));
    }),
    { numRuns: 500 },
  );
});

test('a table whose ranks fall is left to the heap, at any length', () => {
  // 3 = 0 1 is made after 4 = 3 2 is due
  const falling = createMergeTable(Int32Array.from([3, 2, 4, 0, 1, 3]));
  expect(falling.ranksRise).toBe(false);
  const out = Int32Array.from({ length: 30_000 }, (_, i) => i % 3);
  expect(mergeSymbols(falling, out, out.length)).toBe(10_000);
  expect(new Set(out.subarray(0, 10_000))).toEqual(new Set([4]));
});
