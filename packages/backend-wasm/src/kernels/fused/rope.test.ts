import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernel, largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../../test/variants.ts';

beforeAll(registerVariants);

/** Rotate-half with transformers' float32 angles. */
function reference(
  x: Float32Array,
  positions: Int32Array,
  rows: number,
  N: number,
  H: number,
  theta: number,
  sign: number,
): Float64Array {
  const y = new Float64Array(x.length);
  const half = H / 2;
  const { fround } = Math;
  for (let r = 0; r < rows; r++) {
    for (let n = 0; n < N; n++) {
      for (let i = 0; i < half; i++) {
        const frequency = fround(1 / fround(theta ** fround((2 * i) / H)));
        const angle = fround(positions[r]! * frequency);
        const at = (r * N + n) * H + i;
        const [a, b] = [x[at]!, x[at + half]!];
        y[at] = a * Math.cos(angle) - b * sign * Math.sin(angle);
        y[at + half] = b * Math.cos(angle) + a * sign * Math.sin(angle);
      }
    }
  }
  return y;
}

describe.each(VARIANTS)('MarcoRope on %s', (name) => {
  test('equals the formula, for near, far and negative positions', async () => {
    for (const [B, L, N, H] of [
      [1, 1, 1, 2],
      [2, 17, 3, 6],
      [1, 40, 4, 64],
    ] as const) {
      for (const positionOf of [
        (i: number) => i,
        (i: number) => i * 37,
        (i: number) => 200000 + i,
        (i: number) => i - 5,
      ]) {
        const x = randomFloats(B * L * N * H, 1);
        const positions = Int32Array.from({ length: B * L }, (_, i) => positionOf(i % L));
        for (const inverse of [false, true]) {
          const [actual] = await runOn(name, () =>
            kernel(
              'MarcoRope',
              { x: tf.tensor4d(x, [B, L, N, H]), positionIds: tf.tensor2d(positions, [B, L], 'int32') },
              { theta: 1e6, inverse },
            ),
          );
          expect(largestError(actual!, reference(x, positions, B * L, N, H, 1e6, inverse ? -1 : 1))).toBeLessThan(1e-6);
        }
      }
    }
  });

  test('the inverse undoes it', async () => {
    const x = randomFloats(2 * 9 * 2 * 8, 2);
    const [actual] = await runOn(name, () => {
      const positionIds = tf.tensor2d(
        Array.from({ length: 18 }, (_, i) => i * 3),
        [2, 9],
        'int32',
      );
      const [y] = kernel('MarcoRope', { x: tf.tensor4d(x, [2, 9, 2, 8]), positionIds }, { theta: 1e4, inverse: false });
      return kernel('MarcoRope', { x: y!, positionIds }, { theta: 1e4, inverse: true });
    });
    expect(largestError(actual!, x)).toBeLessThan(1e-6);
  });
});

test('an odd head size is refused', async () => {
  await tf.setBackend(VARIANTS[0]!);
  expect(() =>
    kernel('MarcoRope', { x: tf.zeros([1, 2, 1, 3]), positionIds: tf.zeros([1, 2], 'int32') }, { theta: 1e4 }),
  ).toThrow(/head size must be even, got 3/);
});
