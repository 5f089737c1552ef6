import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTerEdits } from './count-ter-edits.ts';

const words = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 })
  .map((list) => Int32Array.from(list));

/** Edit distance without shifts. */
function levenshtein(left: Int32Array, right: Int32Array): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, word] of left.entries()) {
    const next = [index + 1];
    for (const [column, other] of right.entries()) {
      next.push(Math.min(row[column]! + (word === other ? 0 : 1), row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}

test('law: no edit for the same text, and never more edits than without shifts', () => {
  fc.assert(
    fc.property(words, words, (hypothesis, reference) => {
      expect(countTerEdits(reference, reference)).toBe(0);
      expect(countTerEdits(hypothesis, reference)).toBeLessThanOrEqual(levenshtein(hypothesis, reference));
      expect(countTerEdits(hypothesis, reference)).toBeGreaterThanOrEqual(
        Math.abs(hypothesis.length - reference.length),
      );
    }),
  );
});

test('a moved block is one edit; an empty side costs the other', () => {
  const reference = Int32Array.from({ length: 12 }, (_, index) => index);
  const moved = Int32Array.from([...reference.subarray(8), ...reference.subarray(0, 8)]);
  expect(countTerEdits(moved, reference)).toBe(1);
  expect(countTerEdits(Int32Array.of(1, 2), new Int32Array(0))).toBe(2);
  expect(countTerEdits(new Int32Array(0), reference)).toBe(12);
});
