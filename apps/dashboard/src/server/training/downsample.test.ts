import fc from 'fast-check';
import { expect, test } from 'vitest';
import { downsample } from './downsample.ts';

test('keeps ends, extremes and order, whatever the curve', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 500 }),
      fc.integer({ min: 4, max: 60 }),
      (values, maxPoints) => {
        const steps = values.map((_, index) => index * 3);
        const { steps: keptSteps, values: kept } = downsample(steps, values, maxPoints);
        expect(kept.length).toBeLessThanOrEqual(Math.max(maxPoints, 4));
        expect(keptSteps).toEqual([...keptSteps].sort((a, b) => a - b));
        expect([keptSteps[0], keptSteps.at(-1)]).toEqual([steps[0], steps.at(-1)]);
        expect(Math.max(...(kept as number[]))).toBe(Math.max(...values));
        expect(Math.min(...(kept as number[]))).toBe(Math.min(...values));
        for (const [index, step] of keptSteps.entries()) expect(kept[index]).toBe(values[step / 3]);
      },
    ),
  );
});

test('what is not finite is a gap and stays one', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index === 777 ? Number.NaN : 1));
  const { values: kept } = downsample(
    values.map((_, index) => index),
    values,
    20,
  );
  expect(kept.filter((value) => value === null)).toHaveLength(1);
});
