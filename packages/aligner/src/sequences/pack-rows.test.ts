import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collateRows } from './collate-rows.ts';
import { epochOrder } from './epoch-order.ts';
import { packRows } from './pack-rows.ts';

test('packing loses and repeats no sequence, overfills no row and leaves no two rows that would fit into one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 60 }), (lengths) => {
      const rows = packRows(lengths, 20);
      expect(rows.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, index) => index));
      const fills = rows.map((row) => row.reduce((sum, index) => sum + lengths[index]!, 0)).sort((a, b) => a - b);
      expect(Math.max(0, ...fills)).toBeLessThanOrEqual(20);
      if (fills.length > 1) expect(fills[0]! + fills[1]!).toBeGreaterThan(20);
    }),
  );
  expect(() => packRows([3, 21], 20)).toThrow(/got 21 at sequence 1/);
});

test('rows restart positions, change segments, pad the rest and never label the first token of a sequence', () => {
  const sequence = (...ids: number[]) => ({ ids: Int32Array.from(ids), labels: Int32Array.from(ids) });
  const batch = collateRows(
    [
      [
        { sequence: sequence(5, 6), sourceId: 1, sequenceId: 7 },
        { sequence: sequence(8, 9), sourceId: 0, sequenceId: 3 },
      ],
    ],
    { numRows: 2, sequenceLength: 5, padTokenId: 99 },
  );
  expect([...batch.inputIds]).toEqual([5, 6, 8, 9, 99, 99, 99, 99, 99, 99]);
  expect([...batch.labels]).toEqual([-100, 6, -100, 9, -100, -100, -100, -100, -100, -100]);
  expect([...batch.positionIds]).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect([...batch.segmentIds]).toEqual([0, 0, 1, 1, -1, -1, -1, -1, -1, -1]);
  expect([...batch.sourceIds]).toEqual([1, 1, 0, 0, -1, -1, -1, -1, -1, -1]);
  expect([...batch.sequenceIds]).toEqual([7, 7, 3, 3, -1, -1, -1, -1, -1, -1]);
  expect(() =>
    collateRows([[{ sequence: sequence(1, 2, 3), sourceId: 0, sequenceId: 0 }]], {
      numRows: 1,
      sequenceLength: 2,
      padTokenId: 0,
    }),
  ).toThrow(/got 3 at row 0/);
});

test('each epoch is a permutation of its own, found in any order', () => {
  const at = epochOrder(10, 'seed');
  const epoch = (number: number) => Array.from({ length: 10 }, (_, place) => at(number * 10 + place));
  const [third, first, second] = [epoch(2), epoch(0), epoch(1)];
  for (const order of [first, second, third])
    expect([...order].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(first).not.toEqual(second);
  expect(epoch(0)).toEqual(first);
  expect(epoch(2)).toEqual(third);
});
