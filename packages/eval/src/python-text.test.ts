import { expect, test } from 'vitest';
import { pythonFixed, pythonRightStrip, pythonSplit, pythonStrip, removeWhitespace } from './python-text.ts';

test('white space is what Python calls so', () => {
  expect(pythonSplit('\u2003 a\u0085b\u001cc\u00a0d\u3000')).toEqual(['a', 'b', 'c', 'd']);
  expect(pythonSplit('a\ufeffb\u200bc')).toEqual(['a\ufeffb\u200bc']);
  expect(pythonSplit(' \n')).toEqual([]);
  expect(removeWhitespace(' a\tb\u2028')).toBe('ab');
  expect(pythonRightStrip(' a\u0085 ')).toBe(' a');
  expect(pythonRightStrip('a\ufeff')).toBe('a\ufeff');
  expect(pythonStrip('\u3000a ')).toBe('a');
});

test('exact ties round to even, all else to the nearest', () => {
  expect(['0.12', '3.12', '0.38', '-0.12']).toEqual(
    [0.125, 3.125, 0.375, -0.125].map((value) => pythonFixed(value, 2)),
  );
  expect([0.5, 1.5, 2.5, -0.5].map((value) => pythonFixed(value, 0))).toEqual(['0', '2', '2', '-0']);
  // 2.675 lies below and 48.145 above the tie as doubles.
  expect([2.675, 48.145, 99.999].map((value) => pythonFixed(value, 2))).toEqual(['2.67', '48.15', '100.00']);
});
