import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alternate } from './alternate.ts';
import { compareCase, timesBetter } from './compare-case.ts';
import { medianAndSpread } from './spread.ts';

const positive = fc.double({ min: 1e-6, max: 1e6, noNaN: true });

test('the median has as many samples above as below, and the range holds all', () => {
  fc.assert(
    fc.property(fc.array(positive, { minLength: 1 }), (samples) => {
      const { median, spread } = medianAndSpread(samples);
      const below = samples.filter((sample) => sample < median).length;
      const above = samples.filter((sample) => sample > median).length;
      expect(below).toBeLessThanOrEqual(samples.length / 2);
      expect(above).toBeLessThanOrEqual(samples.length / 2);
      expect(spread).toEqual({ min: Math.min(...samples), max: Math.max(...samples), samples: samples.length });
    }),
  );
  expect(medianAndSpread([5, 1, 3]).median).toBe(3);
  expect(medianAndSpread([4, 1, 3, 2]).median).toBe(2.5);
});

test('a measurement that is missing or not finite is refused with its place', () => {
  expect(() => medianAndSpread([])).toThrow(/at least one sample, got none/);
  expect(() => medianAndSpread([1, Number.NaN])).toThrow(/finite, got NaN at samples\[1\]/);
});

test('the ratio says how many times better we are, whatever the unit', () => {
  expect(timesBetter(60, 30, 'higher')).toBe(2);
  expect(timesBetter(60, 30, 'lower')).toBe(0.5);
  fc.assert(
    fc.property(positive, positive, fc.constantFrom('higher' as const, 'lower' as const), (ours, theirs, better) => {
      const ratio = timesBetter(ours, theirs, better);
      expect(ratio * timesBetter(theirs, ours, better)).toBeCloseTo(1, 9);
      if (ours !== theirs) expect(ratio > 1).toBe(better === 'higher' ? ours > theirs : ours < theirs);
    }),
  );
  expect(() => timesBetter(0, 1, 'higher')).toThrow(/positive, got 0 at ours/);
  expect(() => timesBetter(1, -1, 'lower')).toThrow(/positive, got -1 at theirs/);
});

test('a case compares medians and keeps the ranges', () => {
  const measured = compareCase({
    case: 'sum',
    unit: 'ms',
    better: 'lower',
    ours: [3, 1, 2],
    peers: [
      ['torch', [4, 8, 6]],
      ['copy', [1]],
    ],
  });
  expect(measured).toEqual({
    case: 'sum',
    unit: 'ms',
    better: 'lower',
    ours: 2,
    spread: { min: 1, max: 3, samples: 3 },
    peers: [
      { name: 'torch', value: 6, spread: { min: 4, max: 8, samples: 3 }, ratio: 3 },
      { name: 'copy', value: 1, spread: { min: 1, max: 1, samples: 1 }, ratio: 0.5 },
    ],
  });
});

test('contestants take turns, and every second round goes backward', async () => {
  const calls: string[] = [];
  const contestant = (name: string) => ({ name, measure: () => calls.push(name) });
  const samples = await alternate([contestant('ours'), contestant('torch'), contestant('copy')], 3);
  expect(calls).toEqual(['ours', 'torch', 'copy', 'copy', 'torch', 'ours', 'ours', 'torch', 'copy']);
  expect([...samples]).toEqual([
    ['ours', [1, 6, 7]],
    ['torch', [2, 5, 8]],
    ['copy', [3, 4, 9]],
  ]);
  await expect(alternate([contestant('ours')], 0)).rejects.toThrow(/rounds must be an integer from 1, got 0/);
  await expect(alternate([contestant('ours'), contestant('ours')], 1)).rejects.toThrow(/names must differ/);
});
