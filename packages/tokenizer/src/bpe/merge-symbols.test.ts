import fc from 'fast-check';
import { expect, test } from 'vitest';
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
