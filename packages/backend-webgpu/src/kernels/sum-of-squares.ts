/**
 * MarcoSumOfSquares: the sum of x² in two passes, over pieces and then over the pieces' sums, in the same order on every run.
 *
 * Shapes: x any, result a scalar.
 */
import { util } from '@tensorflow/tfjs-core';
import { fillZeros } from '../building-blocks/fill-zeros.ts';
import { sumWorkgroup } from '../building-blocks/sum-workgroup.ts';
import { allocate, runShader, type Shader } from '../runtime/run-shader.ts';
import { expectKernelShapes } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 256;
/** Workgroups of the first pass at most: its sums are one workgroup's work. */
const MAX_PIECES = 1024;

/** Workgroup g adds up every element whose block of SIZE is g, g + pieces, g + 2 pieces and so on. */
const sumShader = (key: string, term: string): Shader => ({
  key,
  outputs: { sums: 'f32' },
  inputs: { x: 'f32' },
  uniforms: { size: 'i32', pieces: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
${sumWorkgroup(SIZE)}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  var sum = 0.0;
  let stride = uniforms.pieces * ${SIZE};
  for (var index = i32(group.x) * ${SIZE} + i32(local.x); index < uniforms.size; index += stride) {
    let value = x[index];
    sum += ${term};
  }
  let total = sumWorkgroup(sum, local.x);
  if (local.x == 0u) { sums[group.x] = total; }
}`,
});

const SQUARES = sumShader('MarcoSumOfSquares.squares', 'value * value');
const TOTAL = sumShader('MarcoSumOfSquares.total', 'value');

export const sumOfSquares: WebGpuKernel = ({ inputs, backend }) => {
  expectKernelShapes('MarcoSumOfSquares', inputs, { x: { shape: '*' } });
  const x = input(inputs, 'x');
  const size = util.sizeFromShape(x.shape);
  const total = allocate(backend, []);
  if (size === 0) {
    fillZeros(backend, total);
    return [total];
  }
  const pieces = Math.min(MAX_PIECES, Math.ceil(size / SIZE));
  const sums = allocate(backend, [pieces]);
  runShader(backend, SQUARES, {
    outputs: [sums],
    inputs: [x],
    uniforms: { size, pieces },
    workgroups: [pieces, 1, 1],
  });
  runShader(backend, TOTAL, {
    outputs: [total],
    inputs: [sums],
    uniforms: { size: pieces, pieces: 1 },
    workgroups: [1, 1, 1],
  });
  backend.disposeData(sums.dataId);
  return [total];
};
