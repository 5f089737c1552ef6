import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../test/variants.ts';

beforeAll(registerVariants);

const count = (shape: number[]) => shape.reduce((p, d) => p * d, 1);
const tensorOf = (shape: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32') => {
  const values = randomFloats(count(shape), 8);
  if (dtype === 'float32') return tf.tensor(values, shape);
  return tf.tensor(
    dtype === 'int32' ? Int32Array.from(values, (v) => v * 100) : Uint8Array.from(values, (v) => (v > 0 ? 1 : 0)),
    shape,
    dtype,
  );
};

async function expectSame(name: string, build: () => tf.Tensor | tf.Tensor[]): Promise<void> {
  expect(await runOn(name, build)).toEqual(await runOn('cpu', build));
}

describe.each(VARIANTS)('rearranging on %s', (name) => {
  test.each(['float32', 'int32', 'bool'] as const)('transpose of %s, any rank and order', async (dtype) => {
    const shapeAndOrder = fc.integer({ min: 1, max: 6 }).chain((rank) =>
      fc.tuple(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: rank, maxLength: rank }),
        fc.shuffledSubarray(
          Array.from({ length: rank }, (_, i) => i),
          { minLength: rank, maxLength: rank },
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shapeAndOrder, async ([shape, order]) =>
        expectSame(name, () => tf.transpose(tensorOf(shape, dtype), order)),
      ),
      { numRuns: 40, seed: 1 },
    );
    for (const [shape, order] of [
      [
        [33, 71],
        [1, 0],
      ],
      [
        [3, 130, 65],
        [0, 2, 1],
      ],
      [
        [2, 40, 3, 16],
        [0, 2, 1, 3],
      ],
      [
        [2, 40, 3, 16],
        [0, 2, 3, 1],
      ],
    ]) {
      await expectSame(name, () => tf.transpose(tensorOf(shape!, dtype), order));
    }
  });

  test('slice, split, concat, tile, pad equal the cpu backend', async () => {
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      await expectSame(name, () => tf.slice(tensorOf([17], dtype), [3], [9]));
      await expectSame(name, () => tf.slice(tensorOf([5, 7, 9], dtype), [1, 2, 3], [3, 4, 5]));
      await expectSame(name, () => tf.slice(tensorOf([5, 7, 9], dtype), [2, 0, 0], [1, 7, 9]));
      await expectSame(name, () => tf.split(tensorOf([6, 9], dtype), 3, 1));
      await expectSame(name, () => tf.split(tensorOf([6, 9], dtype), [1, 2, 3]));
      await expectSame(name, () =>
        tf.concat([tensorOf([3, 5], dtype), tensorOf([3, 1], dtype), tensorOf([3, 0], dtype)], 1),
      );
      await expectSame(name, () => tf.concat([tensorOf([3, 5], dtype), tensorOf([1, 5], dtype)], 0));
      await expectSame(name, () => tf.concat([tensorOf([0, 5], dtype), tensorOf([3, 5], dtype)], 0));
      await expectSame(name, () => tf.tile(tensorOf([2, 3, 4], dtype), [3, 1, 2]));
    }
    await expectSame(name, () =>
      tf.pad(
        tensorOf([3, 5]),
        [
          [1, 2],
          [0, 3],
        ],
        7,
      ),
    );
    await expectSame(name, () =>
      tf.pad(
        tensorOf([3, 5], 'int32'),
        [
          [1, 2],
          [0, 3],
        ],
        -1,
      ),
    );
    await expectSame(name, () => tf.stack([tensorOf([3, 5]), tensorOf([3, 5])], 1));
    await expectSame(name, () => tf.unstack(tensorOf([3, 5]), 0));
  });

  test('a slice keeps its numbers when its source is gone', async () => {
    await tf.setBackend(name);
    const source = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const part = tf.reverse(tf.slice(source, [2], [3]));
    source.dispose();
    const other = tf.tensor1d([9, 9, 9, 9, 9, 9]);
    expect([...part.dataSync()]).toEqual([5, 4, 3]);
    tf.dispose([part, other]);
  });

  test('gather along any axis, and its adjoint', async () => {
    await expectSame(name, () => tf.gather(tensorOf([7, 5]), tf.tensor1d([3, 0, 6, 3], 'int32')));
    await expectSame(name, () =>
      tf.gather(
        tensorOf([7, 2, 3], 'int32'),
        tf.tensor2d(
          [
            [3, 0],
            [6, 3],
          ],
          [2, 2],
          'int32',
        ),
      ),
    );
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      await expectSame(name, () => tf.gather(tensorOf([7, 5], dtype), tf.tensor1d([1, 4], 'int32'), 1));
      await expectSame(name, () => tf.gather(tensorOf([3, 9, 4], dtype), tf.tensor1d([8, 0, 8], 'int32'), 1));
      await expectSame(name, () => tf.gather(tensorOf([2, 3, 5, 2], dtype), tf.tensor2d([[4, 1]], [1, 2], 'int32'), 2));
      await expectSame(name, () => tf.gather(tensorOf([40, 5], dtype), tf.tensor1d([1, 4], 'int32'), 1));
    }
    for (const [shape, numSegments, last] of [
      [[6, 19], 4, 2],
      [[6], 3, 9],
    ] as [number[], number, number][]) {
      const build = () =>
        tf.unsortedSegmentSum(tensorOf(shape), tf.tensor1d([2, 0, 2, 1, 0, last], 'int32'), numSegments);
      const [[actual], [expected]] = [await runOn(name, build), await runOn('cpu', build)];
      expect(largestError(actual!, expected!)).toBeLessThan(1e-6);
    }
    await tf.setBackend(name);
    const table = tf.zeros([7, 5]);
    for (const bad of [7, -1]) {
      const indices = tf.tensor1d([0, bad], 'int32');
      expect(() => tf.gather(table, indices)).toThrow(`the index value ${bad} is not in [0, 6]`);
      expect(() => tf.gather(table, indices, 1)).toThrow(`the index value ${bad} is not in [0, 4]`);
    }
  });
});
