import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../test/variants.ts';

beforeAll(registerVariants);

interface Case {
  a: number[];
  b: number[];
  transposeA: boolean;
  transposeB: boolean;
}

/** The product in double precision, batch by broadcasting. */
function reference({ a, b, transposeA, transposeB }: Case, x: Float32Array, y: Float32Array): Float64Array {
  const [r, c] = a.slice(-2) as [number, number];
  const [rB, cB] = b.slice(-2) as [number, number];
  const [m, k] = transposeA ? [c, r] : [r, c];
  const n = transposeB ? rB : cB;
  const batchShape = tf.backend_util.assertAndGetBroadcastShape(a.slice(0, -2), b.slice(0, -2));
  const batch = batchShape.reduce((p, d) => p * d, 1);
  const out = new Float64Array(batch * m * n);
  const indexIn = (shape: number[], flat: number) => {
    let index = 0;
    let stride = 1;
    let rest = flat;
    for (let i = 1; i <= batchShape.length; i++) {
      const own = shape[shape.length - i] ?? 1;
      const size = batchShape[batchShape.length - i]!;
      if (own !== 1) index += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    return index;
  };
  for (let e = 0; e < batch; e++) {
    const offA = indexIn(a.slice(0, -2), e) * m * k;
    const offB = indexIn(b.slice(0, -2), e) * k * n;
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++)
          sum += x[offA + (transposeA ? l * m + i : i * k + l)]! * y[offB + (transposeB ? j * k + l : l * n + j)]!;
        out[(e * m + i) * n + j] = sum;
      }
    }
  }
  return out;
}

function casesOf(batchA: number[], batchB: number[], m: number, k: number, n: number): Case[] {
  return [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      a: [...batchA, ...(transposeA ? [k, m] : [m, k])],
      b: [...batchB, ...(transposeB ? [n, k] : [k, n])],
      transposeA,
      transposeB,
    })),
  );
}

const SIZES: [number, number, number][] = [
  [1, 1, 1],
  [1, 3, 17],
  [3, 17, 1],
  [4, 33, 70],
  [5, 7, 9],
  [6, 8, 8],
  [17, 17, 17],
  [8, 37, 71],
  [13, 300, 19],
  [15, 70, 9],
  [97, 130, 65],
  [100, 520, 260],
  [1, 700, 129],
  [250, 3, 1],
  [23, 20, 6],
  [64, 96, 39],
  [65, 96, 39],
];
const CASES: Case[] = [
  ...SIZES.flatMap(([m, k, n]) => casesOf([], [], m, k, n)),
  ...casesOf([3], [3], 17, 9, 21),
  ...casesOf([3], [1], 7, 9, 11),
  ...casesOf([1], [3], 7, 9, 11),
  ...casesOf([2, 1], [1, 3], 5, 6, 7),
  ...casesOf([5], [5], 2, 40, 24),
];

describe.each(VARIANTS)('matMul on %s', (name) => {
  test('agrees with double precision for every transpose case and odd size', async () => {
    for (const c of CASES) {
      const x = randomFloats(
        c.a.reduce((p, d) => p * d, 1),
        1,
      );
      const y = randomFloats(
        c.b.reduce((p, d) => p * d, 1),
        2,
      );
      const [actual] = await runOn(name, () =>
        tf.matMul(tf.tensor(x, c.a), tf.tensor(y, c.b), c.transposeA, c.transposeB),
      );
      expect(largestError(actual!, reference(c, x, y)), JSON.stringify(c)).toBeLessThan(3e-5);
    }
  });

  test('a row of few has the bits that it has alone, whichever and however many the others are', async () => {
    const k = 203;
    const y = randomFloats(41 * k, 6);
    const product = async (x: Float32Array) =>
      (await runOn(name, () => tf.matMul(tf.tensor2d(x, [x.length / k, k]), tf.tensor2d(y, [41, k]), false, true)))[0]!;
    const rows = randomFloats(64 * k, 5);
    const all = await product(rows);
    for (const [first, last] of [
      [0, 1],
      [1, 4],
      [3, 9],
      [11, 34],
      [63, 64],
    ] as const) {
      expect(await product(rows.slice(first * k, last * k))).toEqual(all.slice(first * 41, last * 41));
    }
  });

  test('NaN and Infinity reach exactly the elements that depend on them', async () => {
    const x = randomFloats(20 * 30, 3);
    x[5 * 30 + 7] = Number.NaN;
    x[6 * 30 + 2] = Number.POSITIVE_INFINITY;
    const y = randomFloats(30 * 19, 4).map((v) => Math.abs(v) + 0.1);
    const [actual] = await runOn(name, () => tf.matMul(tf.tensor2d(x, [20, 30]), tf.tensor2d(y, [30, 19])));
    actual!.forEach((v, i) => {
      const row = Math.floor(i / 19);
      expect(row === 5 ? Number.isNaN(v) : row === 6 ? v === Number.POSITIVE_INFINITY : Number.isFinite(v)).toBe(true);
    });
  });

  test('an empty inner dimension gives zeros', async () => {
    const [actual] = await runOn(name, () => tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 4])));
    expect([...actual!]).toEqual(new Array(12).fill(0));
  });

  test('fused bias and activation equal the cpu backend', async () => {
    const x = randomFloats(15 * 11, 5);
    const y = randomFloats(11 * 13, 6);
    const bias = randomFloats(13, 7);
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const) {
      const build = () =>
        tf.fused.matMul({
          a: tf.tensor2d(x, [15, 11]),
          b: tf.tensor2d(y, [11, 13]),
          bias: tf.tensor1d(bias),
          activation,
          leakyreluAlpha: 0.3,
          ...(activation === 'prelu' ? { preluActivationWeights: tf.tensor1d(bias) } : {}),
        });
      const [expected] = await runOn('cpu', build);
      const [actual] = await runOn(name, build);
      expect(largestError(actual!, expected!), activation).toBeLessThan(1e-5);
    }
  });
});

test('the kernel refuses inner dimensions that do not agree', async () => {
  await tf.setBackend(VARIANTS[0]!);
  const inputs = { a: tf.zeros([2, 3]), b: tf.zeros([4, 5]) };
  expect(() => tf.engine().runKernel('BatchMatMul', inputs, { transposeA: false, transposeB: false })).toThrow(
    /inner dimensions must agree, got 3 and 4/,
  );
});
