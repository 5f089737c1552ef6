import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../test/variants.ts';

beforeAll(registerVariants);

const count = (shape: number[]) => shape.reduce((p, d) => p * d, 1);
const SHAPES: [number[], number[]][] = [
  [[], []],
  [[1], [1]],
  [[17], [17]],
  [[17], []],
  [[], [5]],
  [[3, 17], [17]],
  [
    [3, 17],
    [3, 1],
  ],
  [[17], [3, 17]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 1, 4, 5],
    [3, 1, 5],
  ],
  [
    [2, 3, 4, 5, 6],
    [3, 1, 5, 1],
  ],
  [
    [2, 1, 2, 1, 2, 1],
    [1, 3, 1, 3, 1, 3],
  ],
  [
    [200, 301],
    [200, 301],
  ],
  [[70000], [70000]],
  [[70000], []],
];
const BINARY = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  div: tf.div,
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
};
const UNARY = {
  neg: tf.neg,
  exp: tf.exp,
  sqrt: tf.sqrt,
  rsqrt: tf.rsqrt,
  square: tf.square,
  sigmoid: tf.sigmoid,
  relu: tf.relu,
  tanh: tf.tanh,
  abs: tf.abs,
  reciprocal: tf.reciprocal,
  log: tf.log,
  log1p: tf.log1p,
};
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  1e-30,
  -1e-30,
  1e30,
  88.5,
  88.8,
  89,
  1000,
  -87,
  -95,
  -104,
  -1000,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

describe.each(VARIANTS)('elementwise on %s', (name) => {
  test.each(Object.entries(BINARY))('%s broadcasts as the cpu backend does', async (_, op) => {
    for (const [a, b] of SHAPES) {
      const build = () => op(tf.tensor(randomFloats(count(a), 1), a), tf.tensor(randomFloats(count(b), 2), b));
      const [expected] = await runOn('cpu', build);
      const [actual] = await runOn(name, build);
      expect(largestError(actual!, expected!), `${a} with ${b}`).toBeLessThan(1e-6);
    }
  });

  test.each(Object.entries(BINARY))('%s carries NaN and infinities', async (_, op) => {
    const build = () => op(tf.tensor2d(SPECIAL, [SPECIAL.length, 1]), tf.tensor1d(SPECIAL));
    const [expected] = await runOn('cpu', build);
    const [actual] = await runOn(name, build);
    expect(largestError(actual!, expected!)).toBeLessThan(1e-6);
  });

  test.each(Object.entries(UNARY))('%s equals double precision', async (operation, op) => {
    const values = Float32Array.from([
      ...SPECIAL,
      ...randomFloats(1003, 3).map((v) => v * 12),
      ...randomFloats(20001, 4),
    ]);
    const [actual] = await runOn(name, () => op(tf.tensor1d(values)));
    const exact: Record<string, (v: number) => number> = {
      neg: (v) => -v,
      exp: Math.exp,
      sqrt: Math.sqrt,
      rsqrt: (v) => 1 / Math.sqrt(v),
      square: (v) => v * v,
      sigmoid: (v) => 1 / (1 + Math.exp(-v)),
      relu: (v) => Math.max(v, 0),
      tanh: Math.tanh,
      abs: Math.abs,
      reciprocal: (v) => 1 / v,
      log: Math.log,
      log1p: Math.log1p,
    };
    const expected = Float32Array.from(values, (v) => exact[operation]!(v));
    const isClose = (v: number, e: number) =>
      Object.is(v, e) || v === e || Math.abs(v - e) <= 5e-7 * Math.abs(e) + 1e-37;
    const wrong = [...values.keys()].filter((i) => !isClose(actual![i]!, expected[i]!));
    expect(wrong.map((i) => `${operation}(${values[i]}) = ${actual![i]}, not ${expected[i]}`)).toEqual([]);
  });

  test('integer operands and strings go to the cpu kernels', async () => {
    const [sum] = await runOn(name, () => tf.add(tf.tensor1d([1, 2, 3], 'int32'), tf.scalar(4, 'int32')));
    expect(sum).toBeInstanceOf(Int32Array);
    expect([...sum!]).toEqual([5, 6, 7]);
    await tf.setBackend(name);
    expect([...tf.tensor1d(['ä', 'b']).dataSync<'string'>()]).toEqual(['ä', 'b']);
  });

  test('casts change the numbers, not only the name', async () => {
    const [floats, ints, flags, truths] = await runOn(name, () => [
      tf.cast(tf.tensor1d([1, -2, 3], 'int32'), 'float32'),
      tf.cast(tf.tensor1d([1.9, -2.9, 3e9]), 'int32'),
      tf.cast(tf.tensor1d([true, false], 'bool'), 'float32'),
      tf.cast(tf.tensor1d([0, 0.5, -1]), 'bool'),
    ]);
    expect(floats).toEqual(Float32Array.from([1, -2, 3]));
    expect([...ints!].slice(0, 2)).toEqual([1, -2]);
    expect(flags).toEqual(Float32Array.from([1, 0]));
    expect([...truths!]).toEqual([0, 1, 1]);
    const [product] = await runOn(name, () => tf.mul(tf.cast(tf.tensor1d([2, 3], 'int32'), 'float32'), tf.scalar(0.5)));
    expect([...product!]).toEqual([1, 1.5]);
  });

  test('fills and sums of many tensors', async () => {
    const [filled, zeros, ones, total, ints] = await runOn(name, () => [
      tf.fill([3, 5], 2.5),
      tf.zerosLike(tf.tensor1d([3, 4])),
      tf.onesLike(tf.tensor1d([3, 4, 5, 6, 7])),
      tf.addN([tf.tensor1d([1, 2]), tf.tensor1d([3, 4]), tf.tensor1d([5, 6])]),
      tf.fill([7], -3, 'int32'),
    ]);
    expect([...filled!]).toEqual(new Array(15).fill(2.5));
    expect([...zeros!]).toEqual([0, 0]);
    expect([...ones!]).toEqual([1, 1, 1, 1, 1]);
    expect([...total!]).toEqual([9, 12]);
    expect([...ints!]).toEqual(new Array(7).fill(-3));
  });
});
