import { expect, test } from 'vitest';
import { concatBatches } from './concat-batches.ts';
import { IGNORE_INDEX, type TokenBatch } from './token-batch.ts';

const batch = (rows: readonly (readonly number[])[], sourceId: number): TokenBatch => {
  const ids = Int32Array.from(rows.flat());
  return {
    batchSize: rows.length,
    sequenceLength: rows[0]!.length,
    inputIds: ids,
    labels: ids.map((id) => (id === 0 ? IGNORE_INDEX : id)),
    positionIds: ids.map((_, index) => index % rows[0]!.length),
    segmentIds: ids.map((id) => (id === 0 ? -1 : 0)),
    sourceIds: ids.map((id) => (id === 0 ? -1 : sourceId)),
  };
};

test('rows follow each other and the second batch keeps its own sources', () => {
  const joined = concatBatches(
    batch([[5, 6, 0]], 1),
    batch(
      [
        [7, 8, 9],
        [4, 0, 0],
      ],
      2,
    ),
    3,
  );
  expect(joined.batchSize).toBe(3);
  expect([...joined.inputIds]).toEqual([5, 6, 0, 7, 8, 9, 4, 0, 0]);
  expect([...joined.labels]).toEqual([5, 6, -100, 7, 8, 9, 4, -100, -100]);
  expect([...joined.positionIds]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  expect([...joined.segmentIds]).toEqual([0, 0, -1, 0, 0, 0, 0, -1, -1]);
  expect([...joined.sourceIds]).toEqual([1, 1, -1, 5, 5, 5, 5, -1, -1]);
});

test('rows of other lengths are refused', () => {
  expect(() => concatBatches(batch([[1, 2]], 0), batch([[1, 2, 3]], 0), 1)).toThrow(/one sequenceLength, got 2 and 3/);
});
