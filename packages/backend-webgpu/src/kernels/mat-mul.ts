/**
 * BatchMatMul and _FusedMatMul for tfjs: ours where one product of matrices is computed on halves or fills large tiles, and nothing but a bias per
 * column is added; tfjs's own kernels elsewhere.
 *
 * Source: see building-blocks/multiply.ts.
 * Shapes: a [..., M, K] or, transposed, [..., K, M]; b [..., K, N] or [..., N, K]; result [..., M, N], the leading dimensions all 1.
 */
import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { multiply, usesHalves } from '../building-blocks/multiply.ts';
import type { LastStep } from '../building-blocks/multiply-case.ts';
import { chooseTiling } from '../building-blocks/tilings.ts';
import { productsOf } from '../products/products.ts';
import { allocate } from '../runtime/run-shader.ts';
import { input, type KernelArguments } from './kernel-types.ts';

/** Below it tfjs's own float32 kernel is taken, which knows more shapes. */
const MIN_OUR_TILE = 128;

const ADD_BIAS: LastStep = {
  key: 'bias',
  inputs: { bias: 'f32' },
  uniforms: {},
  code: 'fn lastStep(row: i32, column: i32, product: f32) -> f32 { return product + bias[column]; }',
};

/** @param tfjsMatMul takes every product that is not ours, and refuses what does not fit */
export function createMatMul(tfjsMatMul: KernelFunc): (args: KernelArguments) => TensorInfo | TensorInfo[] {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const [transposeA, transposeB] = [attrs.transposeA === true, attrs.transposeB === true];
    const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
    const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
    const [M, K] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const [N, innerB] = transposeB ? [bRows, bColumns] : [bColumns, bRows];
    const isOneProduct =
      a.dtype === 'float32' &&
      b.dtype === 'float32' &&
      a.shape.length === b.shape.length &&
      util.sizeFromShape(a.shape) === M * K &&
      util.sizeFromShape(b.shape) === N * K &&
      K === innerB &&
      M * N * K > 0;
    const { bias } = inputs;
    const isPlain =
      (attrs.activation ?? 'linear') === 'linear' &&
      (!bias || (bias.dtype === 'float32' && util.sizeFromShape(bias.shape) === N && bias.shape.at(-1) === N));
    const aPart = { tensor: a, start: 0, pitch: aColumns };
    const bPart = { tensor: b, start: 0, pitch: bColumns };
    const products = productsOf(backend);
    const isOurs =
      usesHalves({ a: aPart, b: bPart, M, N }, products) ||
      chooseTiling('f32', M, N, products.limits).tile >= MIN_OUR_TILE;
    if (!isOneProduct || !isPlain || !isOurs) return tfjsMatMul({ inputs, attrs, backend });
    const result = allocate(backend, [...a.shape.slice(0, -2), M, N]);
    multiply(
      backend,
      { transposeA, transposeB, accumulate: false, ...(bias ? { lastStep: ADD_BIAS } : {}) },
      {
        result: { tensor: result, start: 0, pitch: N },
        a: aPart,
        b: bPart,
        M,
        N,
        K,
        areTensors: true,
        ...(bias ? { lastStepInputs: [bias] } : {}),
      },
    );
    return result;
  };
}
