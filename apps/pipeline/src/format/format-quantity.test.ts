import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatFlops,
  formatShare,
} from './format-quantity.ts';

test.each([
  [0, '0'],
  [950, '950'],
  [999.9, '1k'],
  [1234, '1234'],
  [12_340, '12.3k'],
  [1234.5, '1.23k'],
  [99_990, '100k'],
  [3_000_000, '3M'],
  [2.5e12, '2.5T'],
  [0.01234, '0.0123'],
  [-15_000, '-15k'],
  [Number.NaN, '–'],
])('count %f', (value, text) => expect(formatCount(value)).toBe(text));

test.each([
  [512, '512 B'],
  [1023.9, '1 KiB'],
  [1.5 * 2 ** 30, '1.5 GiB'],
])('bytes %f', (value, text) => expect(formatBytes(value)).toBe(text));

test.each([
  [0.42, '0.4 s'],
  [9.96, '10 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7620, '2 h 07 min'],
])('duration %f', (value, text) => expect(formatDuration(value)).toBe(text));

test('shares and decimals', () => {
  expect(formatShare(0.125)).toBe('12.5 %');
  expect(formatShare(0.00689)).toBe('0.7 %');
  expect(formatShare(0.3)).toBe('30 %');
  expect(formatShare(0.0004)).toBe('<0.1 %');
  expect(formatShare(0)).toBe('0 %');
  expect(formatFlops(4.1e13)).toBe('41 TFLOP');
  expect(formatFlops(12)).toBe('12 FLOP');
  expect(formatDecimal(undefined, 2)).toBe('–');
  expect(formatDecimal(1.005, 1)).toBe('1.0');
});
