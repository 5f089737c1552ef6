import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactCosSin, exactLog } from './exact-math.ts';

test('the logarithm agrees with Math.log to a few units in the last place', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1, noNaN: true }), (x) => {
      const expected = Math.log(x);
      expect(Math.abs(exactLog(x) - expected)).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(expected)));
    }),
  );
  expect(exactLog(1)).toBe(0);
});

test('cosine and sine agree with Math on the whole turn', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (turn) => {
      const [cos, sin] = exactCosSin(turn);
      expect(Math.abs(cos - Math.cos(2 * Math.PI * turn))).toBeLessThan(2e-15);
      expect(Math.abs(sin - Math.sin(2 * Math.PI * turn))).toBeLessThan(2e-15);
    }),
  );
  expect(exactCosSin(0.25)).toEqual([-0, 1]);
});
