import { expect, test } from 'vitest';
import { repairUtil } from './repair-util.ts';

test('puts back the two functions that current Node lacks, with their old meaning', () => {
  const util: Record<string, unknown> = { format: () => '' };
  expect(repairUtil(util)).toEqual(['isNullOrUndefined', 'isArray']);
  const { isNullOrUndefined, isArray } = util as Record<string, (value: unknown) => boolean>;
  expect([null, undefined, 0, '', false].map(isNullOrUndefined!)).toEqual([true, true, false, false, false]);
  expect([[], [1], 'a', { length: 0 }].map((value) => isArray!(value))).toEqual([true, true, false, false]);
});

test('leaves functions that are there alone', () => {
  const own = () => true;
  const util = { isNullOrUndefined: own, isArray: own };
  expect(repairUtil(util)).toEqual([]);
  expect(util.isArray).toBe(own);
});
