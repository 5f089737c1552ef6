import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernel, largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../../test/variants.ts';

beforeAll(registerVariants);

const SIZES = [
  [1, 1],
  [3, 17],
  [5, 64],
  [130, 33],
  [300, 96],
] as const;

/** Double precision RMS normalization and its gradients. */
function rmsNormReference(x: Float32Array, w: Float32Array, dy: Float32Array, T: number, D: number, eps: number) {
  const y = new Float64Array(T * D);
  const dx = new Float64Array(T * D);
  const dw = new Float64Array(D);
  for (let t = 0; t < T; t++) {
    let squares = 0;
    for (let d = 0; d < D; d++) squares += x[t * D + d]! ** 2;
    const rstd = 1 / Math.sqrt(squares / D + eps);
    let mean = 0;
    for (let d = 0; d < D; d++) mean += (dy[t * D + d]! * w[d]! * x[t * D + d]! * rstd) / D;
    for (let d = 0; d < D; d++) {
      const i = t * D + d;
      const normal = x[i]! * rstd;
      y[i] = normal * w[d]!;
      dx[i] = rstd * (dy[i]! * w[d]! - normal * mean);
      dw[d]! += dy[i]! * normal;
    }
  }
  return { y, dx, dw };
}

describe.each(VARIANTS)('row kernels on %s', (name) => {
  test('MarcoRmsNorm and its gradient', async () => {
    for (const [T, D] of SIZES) {
      const [x, w, dy] = [randomFloats(T * D, 1), randomFloats(D, 2), randomFloats(T * D, 3)];
      const expected = rmsNormReference(x, w, dy, T, D, 1e-6);
      const [y, , dx, dw] = await runOn(name, () => {
        const [xt, wt, dyt] = [tf.tensor2d(x, [T, D]), tf.tensor1d(w), tf.tensor2d(dy, [T, D])];
        const [yt, rstd] = kernel('MarcoRmsNorm', { x: xt, weight: wt }, { eps: 1e-6 });
        return [yt!, rstd!, ...kernel('MarcoRmsNormGrad', { dy: dyt, x: xt, weight: wt, rstd: rstd! })];
      });
      expect(largestError(y!, expected.y)).toBeLessThan(2e-6);
      expect(largestError(dx!, expected.dx)).toBeLessThan(1e-5);
      expect(largestError(dw!, expected.dw)).toBeLessThan(1e-5);
    }
  });

  test('MarcoSwiglu and its gradient by central differences in double precision', async () => {
    for (const [T, F] of SIZES) {
      const [gate, up, dy] = [randomFloats(T * F, 4).map((v) => v * 6), randomFloats(T * F, 5), randomFloats(T * F, 6)];
      const silu = (g: number) => g / (1 + Math.exp(-g));
      const [y, dgate, dup] = await runOn(name, () => {
        const [g, u] = [tf.tensor2d(gate, [T, F]), tf.tensor2d(up, [T, F])];
        return [
          ...kernel('MarcoSwiglu', { gate: g, up: u }),
          ...kernel('MarcoSwigluGrad', { dy: tf.tensor2d(dy, [T, F]), gate: g, up: u }),
        ];
      });
      expect(
        largestError(
          y!,
          Float64Array.from(gate, (g, i) => silu(g) * up[i]!),
        ),
      ).toBeLessThan(1e-6);
      const slope = (g: number) => (silu(g + 1e-5) - silu(g - 1e-5)) / 2e-5;
      expect(
        largestError(
          dgate!,
          Float64Array.from(gate, (g, i) => dy[i]! * up[i]! * slope(g)),
        ),
      ).toBeLessThan(2e-6);
      expect(
        largestError(
          dup!,
          Float64Array.from(gate, (g, i) => dy[i]! * silu(g)),
        ),
      ).toBeLessThan(1e-6);
    }
  });

  test('MarcoEmbeddingGrad adds rows of the same id; a bad id is named', async () => {
    for (const [T, D] of SIZES) {
      const dy = randomFloats(T * D, 7);
      const ids = Int32Array.from({ length: T }, (_, t) => (t * 7) % 5);
      const expected = new Float64Array(6 * D);
      for (let t = 0; t < T; t++) for (let d = 0; d < D; d++) expected[ids[t]! * D + d]! += dy[t * D + d]!;
      const [actual] = await runOn(name, () =>
        kernel('MarcoEmbeddingGrad', { dy: tf.tensor2d(dy, [T, D]), ids: tf.tensor1d(ids, 'int32') }, { vocabSize: 6 }),
      );
      expect(largestError(actual!, expected)).toBeLessThan(1e-5);
    }
    await tf.setBackend(name);
    const inputs = { dy: tf.zeros([3, 2]), ids: tf.tensor1d([0, 5, 6], 'int32') };
    expect(() => kernel('MarcoEmbeddingGrad', inputs, { vocabSize: 6 })).toThrow(/vocabSize 6\), got 6 at ids\[2\]/);
  });

  test('MarcoAdamW equals the formula of torch.optim.AdamW over three steps', async () => {
    const n = 1003;
    const hyper = { learningRate: 1e-2, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradScale: 0.5 };
    let state = [randomFloats(n, 8), new Float32Array(n), new Float32Array(n)];
    const [p, m, v] = [Float64Array.from(state[0]!), new Float64Array(n), new Float64Array(n)];
    for (let step = 1; step <= 3; step++) {
      const grad = randomFloats(n, 8 + step);
      state = (await runOn(name, () =>
        kernel(
          'MarcoAdamW',
          {
            param: tf.tensor1d(state[0]!),
            grad: tf.tensor1d(grad),
            m: tf.tensor1d(state[1]!),
            v: tf.tensor1d(state[2]!),
          },
          { ...hyper, step },
        ),
      )) as Float32Array[];
      for (let i = 0; i < n; i++) {
        const g = grad[i]! * hyper.gradScale;
        p[i]! *= 1 - hyper.learningRate * hyper.weightDecay;
        m[i] = hyper.beta1 * m[i]! + (1 - hyper.beta1) * g;
        v[i] = hyper.beta2 * v[i]! + (1 - hyper.beta2) * g * g;
        const denominator = Math.sqrt(v[i]!) / Math.sqrt(1 - hyper.beta2 ** step) + hyper.eps;
        p[i]! -= ((hyper.learningRate / (1 - hyper.beta1 ** step)) * m[i]!) / denominator;
      }
    }
    expect(largestError(state[0]!, p)).toBeLessThan(1e-6);
    expect(largestError(state[1]!, m)).toBeLessThan(1e-6);
    expect(largestError(state[2]!, v)).toBeLessThan(1e-6);
  });

  test('MarcoSumOfSquares', async () => {
    for (const n of [0, 1, 17, 16384, 100003]) {
      const x = randomFloats(n, 9);
      const [actual] = await runOn(name, () => kernel('MarcoSumOfSquares', { x: tf.tensor1d(x) }));
      expect(largestError(actual!, [x.reduce((sum, value) => sum + value * value, 0)])).toBeLessThan(1e-6);
    }
  });
});

test('shapes that do not fit are all told', async () => {
  await tf.setBackend(VARIANTS[0]!);
  const x = tf.zeros([3, 4]);
  expect(() => kernel('MarcoRmsNorm', { x, weight: tf.zeros([5]) }, { eps: 1e-6 })).toThrow(
    /MarcoRmsNorm: D must be the same everywhere, but weight has 5 where 4 came before, got x=float32\[3,4\] weight=float32\[5\]/,
  );
  expect(() => kernel('MarcoRmsNorm', { x, weight: tf.zeros([4]) })).toThrow(
    /attribute eps must be a number, got undefined/,
  );
  expect(() => kernel('MarcoSwiglu', { gate: x } as never)).toThrow(/up \[T,F\] must be given/);
  expect(() => kernel('MarcoSwiglu', { gate: x, up: tf.zeros([3, 4], 'int32') })).toThrow(/up must be float32/);
  expect(() => kernel('MarcoAdamW', { param: x, grad: x, m: x, v: tf.zeros([2]) }, {})).toThrow(/must have one shape/);
});
