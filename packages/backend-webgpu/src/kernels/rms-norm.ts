/**
 * MarcoRmsNorm and its gradient: one workgroup per row, sums over the row in workgroup memory.
 *
 * Source: Zhang and Sennrich 2019, arXiv:1910.07467.
 * Shapes: x, y, dy, dx [T, D], weight, dweight [D], rstd [T] = 1 / sqrt(mean(x²) + eps).
 * dweight is the sum over blocks of rows, then over the blocks in order: the same bits on every run.
 */

import { fillZeros } from '../building-blocks/fill-zeros.ts';
import { sumWorkgroup } from '../building-blocks/sum-workgroup.ts';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 128;
/** Columns of one workgroup and rows of one block for dweight. */
const COLUMNS = 64;
const BLOCK_ROWS = 64;

const FORWARD: Shader = {
  key: 'MarcoRmsNorm',
  outputs: { y: 'f32', rstd: 'f32' },
  inputs: { x: 'f32', weight: 'f32' },
  uniforms: { T: 'i32', D: 'i32', eps: 'f32' },
  workgroupSize: [SIZE, 1],
  code: () => `
${sumWorkgroup(SIZE)}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let t = flatIndex(group, groups);
  if (t >= uniforms.T) { return; }
  let start = t * uniforms.D;
  var squares = 0.0;
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) { squares += x[start + d] * x[start + d]; }
  let scale = 1.0 / sqrt(sumWorkgroup(squares, local.x) / f32(uniforms.D) + uniforms.eps);
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) { y[start + d] = x[start + d] * scale * weight[d]; }
  if (local.x == 0u) { rstd[t] = scale; }
}`,
};

/** With n = x·rstd: dx = rstd·(dy·weight − n·mean(dy·weight·n)). */
const GRAD_INPUT: Shader = {
  key: 'MarcoRmsNormGrad.dx',
  outputs: { dx: 'f32' },
  inputs: { dy: 'f32', x: 'f32', weight: 'f32', rstd: 'f32' },
  uniforms: { T: 'i32', D: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
${sumWorkgroup(SIZE)}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let t = flatIndex(group, groups);
  if (t >= uniforms.T) { return; }
  let start = t * uniforms.D;
  let scale = rstd[t];
  var products = 0.0;
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) { products += dy[start + d] * weight[d] * x[start + d] * scale; }
  let projection = sumWorkgroup(products, local.x) / f32(uniforms.D);
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) {
    dx[start + d] = scale * (dy[start + d] * weight[d] - x[start + d] * scale * projection);
  }
}`,
};

const GRAD_WEIGHT_BLOCKS: Shader = {
  key: 'MarcoRmsNormGrad.blocks',
  outputs: { blocks: 'f32' },
  inputs: { dy: 'f32', x: 'f32', rstd: 'f32' },
  uniforms: { T: 'i32', D: 'i32' },
  workgroupSize: [COLUMNS, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let d = i32(group.x * ${COLUMNS}u + local.x);
  if (d >= uniforms.D) { return; }
  let first = i32(group.y) * ${BLOCK_ROWS};
  var sum = 0.0;
  for (var t = first; t < min(first + ${BLOCK_ROWS}, uniforms.T); t++) {
    sum += dy[t * uniforms.D + d] * x[t * uniforms.D + d] * rstd[t];
  }
  blocks[i32(group.y) * uniforms.D + d] = sum;
}`,
};

const GRAD_WEIGHT: Shader = {
  key: 'MarcoRmsNormGrad.dweight',
  outputs: { dweight: 'f32' },
  inputs: { blocks: 'f32' },
  uniforms: { numBlocks: 'i32', D: 'i32' },
  workgroupSize: [COLUMNS, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let d = i32(group.x * ${COLUMNS}u + local.x);
  if (d >= uniforms.D) { return; }
  var sum = 0.0;
  for (var block = 0; block < uniforms.numBlocks; block++) { sum += blocks[block * uniforms.D + d]; }
  dweight[d] = sum;
}`,
};

export const rmsNorm: WebGpuKernel = ({ inputs, attrs, backend }) => {
  const shapes = { x: { shape: 'TD' }, weight: { shape: 'D' } };
  const { T, D } = expectKernelShapes<'T' | 'D'>('MarcoRmsNorm', inputs, shapes);
  const eps = expectNumber('MarcoRmsNorm', attrs, 'eps');
  const outputs = [allocate(backend, [T, D]), allocate(backend, [T])];
  runShader(backend, FORWARD, {
    outputs,
    inputs: [input(inputs, 'x'), input(inputs, 'weight')],
    uniforms: { T, D, eps },
    workgroups: spread(backend, T),
  });
  return outputs;
};

export const rmsNormGrad: WebGpuKernel = ({ inputs, backend }) => {
  const shapes = { dy: { shape: 'TD' }, x: { shape: 'TD' }, weight: { shape: 'D' }, rstd: { shape: 'T' } };
  const { T, D } = expectKernelShapes<'T' | 'D'>('MarcoRmsNormGrad', inputs, shapes);
  const [dy, x, weight, rstd] = ['dy', 'x', 'weight', 'rstd'].map((name) => input(inputs, name));
  const dx = allocate(backend, [T, D]);
  const dweight = allocate(backend, [D]);
  if (T === 0) {
    fillZeros(backend, dweight);
    return [dx, dweight];
  }
  runShader(backend, GRAD_INPUT, {
    outputs: [dx],
    inputs: [dy!, x!, weight!, rstd!],
    uniforms: { T, D },
    workgroups: spread(backend, T),
  });
  const numBlocks = Math.ceil(T / BLOCK_ROWS);
  const numColumns = Math.ceil(D / COLUMNS);
  const blocks = allocate(backend, [numBlocks, D]);
  runShader(backend, GRAD_WEIGHT_BLOCKS, {
    outputs: [blocks],
    inputs: [dy!, x!, rstd!],
    uniforms: { T, D },
    workgroups: [numColumns, numBlocks, 1],
  });
  runShader(backend, GRAD_WEIGHT, {
    outputs: [dweight],
    inputs: [blocks],
    uniforms: { numBlocks, D },
    workgroups: [numColumns, 1, 1],
  });
  backend.disposeData(blocks.dataId);
  return [dx, dweight];
};
