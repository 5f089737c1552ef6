import { expect, test } from 'vitest';
import { bleuMetric } from '../metrics/bleu.ts';
import { terMetric } from '../metrics/ter.ts';
import { adjustPValues } from './adjust-p-values.ts';
import { bootstrapScores, bootstrapStandardError, confidenceInterval } from './bootstrap.ts';
import { macroAverage, macroAverageByTier } from './macro-average.ts';
import { compareSystems, pairedBootstrap, pairedRandomization } from './paired-test.ts';
import { binomialStandardError, meanStandardError, ratioStandardError } from './standard-error.ts';

const table = (values: number[]) => ({
  width: 2,
  numSegments: values.length,
  values: Float64Array.from(values.flatMap((value) => [value, 1])),
});
const mean = (sums: Float64Array): number => sums[0]! / sums[1]!;
const alternating = Array.from({ length: 200 }, (_, index) => index % 2);

test('analytic errors', () => {
  // Deviation of 1, 2, 3, 4 is sqrt(5/3).
  expect(meanStandardError([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3) / 2, 12);
  expect(meanStandardError([1])).toBeNull();
  expect(binomialStandardError(0.5, 100)).toBe(0.05);
  expect(binomialStandardError(0.5, 0)).toBeNull();
  expect(ratioStandardError([2, 4, 6], [1, 2, 3])).toBe(0);
});

test('bootstrap and analytic error of a mean agree, and a seed fixes the draw', () => {
  const options = { statistics: table(alternating), score: mean, numResamples: 2000 };
  expect(bootstrapStandardError(options)! / meanStandardError(alternating)!).toBeCloseTo(1, 1);
  expect(bootstrapScores({ ...options, numResamples: 5 })).toEqual(bootstrapScores({ ...options, numResamples: 5 }));
  expect(bootstrapScores({ ...options, numResamples: 5 })).not.toEqual(
    bootstrapScores({ ...options, numResamples: 5, seed: 1 }),
  );
  const { low, high, mean: center, halfWidth } = confidenceInterval(bootstrapScores(options));
  expect(low).toBeLessThan(0.5);
  expect(high).toBeGreaterThan(0.5);
  expect(center).toBeCloseTo(0.5, 1);
  expect(halfWidth).toBeCloseTo((high - low) / 2, 12);
  expect(bootstrapStandardError({ ...options, statistics: table([1]) })).toBeNull();
  expect(() => bootstrapScores({ ...options, numResamples: 1 })).toThrow('numResamples');
});

test.each([pairedBootstrap, pairedRandomization])(
  '%o: a system equals itself, and a clear gain is no chance',
  (paired) => {
    const before = table(alternating);
    const better = table(alternating.map((value, index) => (index % 8 === 0 ? 1 : value)));
    const options = { before, score: mean, numResamples: 400 };
    expect(paired({ ...options, after: before })).toMatchObject({ delta: 0, pValue: 1 });
    const gain = paired({ ...options, after: better });
    expect(gain.delta).toBeCloseTo(0.125, 12);
    expect(gain.pValue).toBeLessThan(0.01);
    const worse = paired({ before: better, after: before, score: mean, numResamples: 400 });
    expect(worse.delta).toBeCloseTo(-0.125, 12);
    expect(worse.pValue).toBeLessThan(0.01);
    expect(paired({ ...options, after: better })).toEqual(gain);
    // One more of 200 right is within chance.
    const noise = table(alternating.map((value, index) => (index === 0 ? 1 : value)));
    expect(paired({ ...options, after: noise }).pValue).toBeGreaterThan(0.5);
    expect(() => paired({ ...options, after: table([1]) })).toThrow('same segments, got 200 and 1');
  },
);

test('two systems under BLEU and TER', () => {
  const references = Array.from(
    { length: 40 },
    (_, index) => `the ${index} small birds sing near house ${index % 7} today`,
  );
  const baseline = references.map((line, index) =>
    index % 2 === 0 ? line.replace('small birds', 'birds little') : line,
  );
  const options = { baseline, system: references, references, numResamples: 200 };
  const gain = compareSystems({ ...options, metric: bleuMetric() });
  expect(gain).toMatchObject({ metric: 'BLEU', numSegments: 40 });
  expect(gain.after).toBeCloseTo(100, 9);
  expect(gain.pValue).toBeLessThan(0.01);
  const edits = compareSystems({ ...options, metric: terMetric(), method: 'randomization' });
  expect(edits.delta).toBeLessThan(0);
  expect(edits.pValue).toBeLessThan(0.01);
});

test('each language counts once in a macro average', () => {
  expect(
    macroAverage([
      { value: 1, stderr: 0.3 },
      { value: 3, stderr: 0.4 },
    ]),
  ).toEqual({ value: 2, stderr: 0.25, count: 2 });
  expect(macroAverage([{ value: 1, stderr: null }]).stderr).toBeNull();
  const tiers = { eng_Latn: 'high', swh_Latn: 'low', npi_Deva: 'low' };
  const of = (value: number) => ({ value, stderr: null });
  expect(macroAverageByTier({ eng_Latn: of(1), swh_Latn: of(2), npi_Deva: of(4) }, tiers)).toMatchObject({
    high: { value: 1, count: 1 },
    low: { value: 3, count: 2 },
  });
  expect(() => macroAverageByTier({ deu_Latn: of(1) }, tiers)).toThrow("got none for 'deu_Latn'");
  expect(() => macroAverage([])).toThrow('got 0');
});

test('Holm’s adjustment steps down through the p-values', () => {
  // By hand: 4 x 0.01, 3 x 0.02, 2 x 0.03 raised to 0.06, 1 x 0.5.
  const adjusted = adjustPValues([0.03, 0.01, null, 0.5, 0.02]);
  expect(adjusted.map((value) => value && Number(value.toFixed(12)))).toEqual([0.06, 0.04, null, 0.5, 0.06]);
  expect(adjustPValues([0.6, 0.7])).toEqual([1, 1]);
  expect(() => adjustPValues([1.5])).toThrow('got 1.5 at index 0');
});
