/**
 * BatchMatMul and _FusedMatMul for tfjs: our tiles where one product of float32 matrices is large enough to fill them and nothing but a bias per column
 * is added, tfjs's own kernels elsewhere.
 *
 * Source: see building-blocks/multiply.ts.
 * Shapes: a [..., M, K] or, transposed, [..., K, M]; b [..., K, N] or [..., N, K]; result [..., M, N], the leading dimensions all 1.
 */
import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { chooseTiling, LARGE_TILING, type LastStep, multiply, type Tiling } from '../building-blocks/multiply.ts';
import { allocate } from '../runtime/run-shader.ts';
import { input, type KernelArguments } from './kernel-types.ts';

const ADD_BIAS: LastStep = {
  key: 'bias',
  inputs: { bias: 'f32' },
  uniforms: {},
  code: 'fn lastStep(row: i32, column: i32, product: f32) -> f32 { return product + bias[column]; }',
};

/**
 * @param tfjsMatMul takes every product that is not ours, and refuses what does not fit
 * @param choose which tiling a result [M, N] gets
 */
export function createMatMul(
  tfjsMatMul: KernelFunc,
  choose: (M: number, N: number) => Tiling = chooseTiling,
): (args: KernelArguments) => TensorInfo | TensorInfo[] {
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
      K > 0;
    const { bias } = inputs;
    const isPlain =
      (attrs.activation ?? 'linear') === 'linear' &&
      (!bias || (bias.dtype === 'float32' && util.sizeFromShape(bias.shape) === N && bias.shape.at(-1) === N));
    if (!isOneProduct || !isPlain || choose(M, N) !== LARGE_TILING) {
      return tfjsMatMul({ inputs, attrs, backend });
    }
    const result = allocate(backend, [...a.shape.slice(0, -2), M, N]);
    multiply(
      backend,
      { transposeA, transposeB, accumulate: false, ...(bias ? { lastStep: ADD_BIAS } : {}) },
      {
        result: { tensor: result, start: 0, pitch: N },
        a: { tensor: a, start: 0, pitch: aColumns },
        b: { tensor: b, start: 0, pitch: bColumns },
        M,
        N,
        K,
        ...(bias ? { lastStepInputs: [bias] } : {}),
      },
      LARGE_TILING,
    );
    return result;
  };
}
