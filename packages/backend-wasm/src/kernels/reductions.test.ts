import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../test/variants.ts';

beforeAll(registerVariants);

const count = (shape: number[]) => shape.reduce((p, d) => p * d, 1);
const CASES: [number[], number[] | undefined][] = [
  [[], undefined],
  [[1], undefined],
  [[17], undefined],
  [[3, 17], [1]],
  [[3, 17], [0]],
  [[3, 17], undefined],
  [[2, 3, 5], [1]],
  [
    [2, 3, 5],
    [0, 1],
  ],
  [
    [2, 3, 5],
    [1, 2],
  ],
  [
    [2, 3, 5],
    [0, 2],
  ],
  [[300, 33], [0]],
  [[300, 33], [-1]],
  [[100000], undefined],
  [[4, 300, 70], [1]],
  [[4, 1, 7], [1]],
];
const REDUCTIONS = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min };

describe.each(VARIANTS)('reductions on %s', (name) => {
  test.each(Object.entries(REDUCTIONS))('%s equals the cpu backend', async (_, op) => {
    for (const [shape, axes] of CASES) {
      for (const keepDims of [false, true]) {
        let shapes: number[][] = [];
        const build = () => {
          const result = op(tf.tensor(randomFloats(count(shape), 5), shape), axes, keepDims) as tf.Tensor;
          shapes.push(result.shape);
          return result;
        };
        const [expected] = await runOn('cpu', build);
        const [actual] = await runOn(name, build);
        expect(shapes[1]).toEqual(shapes[0]);
        expect(largestError(actual!, expected!), `${shape} over ${axes}`).toBeLessThan(2e-5);
        shapes = [];
      }
    }
  });

  test('sum, max and softmax carry NaN', async () => {
    const values = randomFloats(3 * 21, 6);
    values[30] = Number.NaN;
    const [sum, max, soft] = await runOn(name, () => {
      const x = tf.tensor2d(values, [3, 21]);
      return [tf.sum(x, 1), tf.max(x, 1), tf.softmax(x)];
    });
    expect([...sum!].map(Number.isNaN)).toEqual([false, true, false]);
    expect([...max!].map(Number.isNaN)).toEqual([false, true, false]);
    expect([...soft!].map(Number.isNaN)).toEqual(Array.from({ length: 63 }, (_, i) => Math.floor(i / 21) === 1));
  });

  test('softmax and logSoftmax equal the cpu backend, far out too', async () => {
    for (const [rows, columns] of [
      [1, 1],
      [3, 17],
      [5, 1003],
    ] as const) {
      for (const op of [tf.softmax, tf.logSoftmax]) {
        const build = () =>
          op(
            tf.tensor2d(
              randomFloats(rows * columns, 7).map((v) => v * 200),
              [rows, columns],
            ),
          );
        const [expected] = await runOn('cpu', build);
        const [actual] = await runOn(name, build);
        expect(largestError(actual!, expected!)).toBeLessThan(2e-6);
      }
    }
  });
});
