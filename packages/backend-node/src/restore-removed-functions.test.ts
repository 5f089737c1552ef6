import { expect, test } from 'vitest';
import { restoreRemovedFunctions } from './restore-removed-functions.ts';

test('puts back the two functions that current Node lacks, with their old meaning', () => {
  const util: Record<string, unknown> = { format: () => '' };
  expect(restoreRemovedFunctions(util)).toEqual(['isNullOrUndefined', 'isArray']);
  const { isNullOrUndefined, isArray } = util as Record<string, (value: unknown) => boolean>;
  expect([null, undefined, 0, '', false].map(isNullOrUndefined!)).toEqual([true, true, false, false, false]);
  expect([[], [1], 'a', { length: 0 }].map((value) => isArray!(value))).toEqual([true, true, false, false]);
});

test('leaves functions that are there alone', () => {
  const own = () => true;
  const util = { isNullOrUndefined: own, isArray: own };
  expect(restoreRemovedFunctions(util)).toEqual([]);
  expect(util.isArray).toBe(own);
});
