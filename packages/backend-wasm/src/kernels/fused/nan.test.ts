/** A NaN in the input of a fused kernel is neither swallowed nor spread: it reaches exactly the results that depend on it. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernel, randomFloats, registerVariants, runOn } from '../../../test/variants.ts';

const ROWS = 9;
const WIDTH = 12;
const BAD_ROW = 4;
const BAD = BAD_ROW * WIDTH + 5;

beforeAll(async () => {
  await registerVariants();
});

/** Random rows of which one holds a NaN. */
function spoiled(shape: number[] = [ROWS, WIDTH]): tf.Tensor {
  const values = randomFloats(ROWS * WIDTH, 1);
  values[BAD] = Number.NaN;
  return tf.tensor(values, shape);
}
const whole = (seed: number, shape: number[] = [ROWS, WIDTH]): tf.Tensor =>
  tf.tensor(randomFloats(tf.util.sizeFromShape(shape), seed), shape);
const ints = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, 'int32');
const labels = (): tf.Tensor => ints([0, 1, 2, 3, 4, 5, 6, 0, 1], [ROWS]);

/** Which rows of a result hold a NaN. */
function badRows(values: ArrayLike<number>): number[] {
  const width = values.length / ROWS;
  return Array.from({ length: ROWS }, (_, row) => row).filter((row) =>
    Array.from({ length: width }, (_, i) => values[row * width + i]!).some(Number.isNaN),
  );
}

describe.each(['best, 1 thread', 'fixed, 1 thread'])('NaN on %s', (variant) => {
  const first = async (build: () => tf.Tensor[]) => (await runOn(variant, () => build()[0]!))[0]!;

  test.each<[string, () => tf.Tensor[]]>([
    ['MarcoRmsNorm', () => kernel('MarcoRmsNorm', { x: spoiled(), weight: whole(2, [WIDTH]) }, { eps: 1e-6 })],
    ['MarcoSwiglu, gate', () => kernel('MarcoSwiglu', { gate: spoiled(), up: whole(2) })],
    ['MarcoSwiglu, up', () => kernel('MarcoSwiglu', { gate: whole(2), up: spoiled() })],
    ['MarcoSwigluGrad', () => kernel('MarcoSwigluGrad', { dy: spoiled(), gate: whole(2), up: whole(3) })],
    [
      'MarcoRope',
      () => {
        const positionIds = ints([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, ROWS]);
        return kernel('MarcoRope', { x: spoiled([1, ROWS, 1, WIDTH]), positionIds }, { theta: 1e4, inverse: false });
      },
    ],
    [
      'MarcoEmbeddingGrad',
      () =>
        kernel(
          'MarcoEmbeddingGrad',
          { dy: spoiled(), ids: ints([8, 7, 6, 5, 4, 3, 2, 1, 0], [ROWS]) },
          { vocabSize: ROWS },
        ),
    ],
    [
      'MarcoLinearCrossEntropy',
      () =>
        kernel(
          'MarcoLinearCrossEntropy',
          { hidden: spoiled(), weight: whole(2, [7, WIDTH]), labels: labels() },
          { ignoreIndex: -100 },
        ),
    ],
  ])('%s: its own row', async (_, build) => {
    expect(badRows(await first(build))).toEqual([BAD_ROW]);
  });

  test('MarcoAdamW: its own element', async () => {
    const attributes = {
      ...{ learningRate: 0.1, beta1: 0.9, beta2: 0.95, eps: 1e-8 },
      ...{ weightDecay: 0, step: 1, gradScale: 1 },
    };
    const param = await first(() =>
      kernel('MarcoAdamW', { param: whole(2), grad: spoiled(), m: whole(3), v: tf.ones([ROWS, WIDTH]) }, attributes),
    );
    expect([...param].flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual([BAD]);
  });

  test('MarcoSumOfSquares is NaN, so that clipping sees it', async () => {
    expect([...(await first(() => kernel('MarcoSumOfSquares', { x: spoiled() })))]).toEqual([Number.NaN]);
  });
});
