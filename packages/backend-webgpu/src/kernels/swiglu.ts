/**
 * MarcoSwiglu and its gradient: y = silu(gate) · up, one pass each.
 *
 * Source: Shazeer 2020, arXiv:2002.05202.
 * Shapes: gate, up, y, dy, dgate, dup [T, F].
 */
import { util } from '@tensorflow/tfjs-core';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { expectKernelShapes } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 256;

/** The exponent stays in float32's range: WGSL leaves open what becomes of Infinity. */
const SIGMOID = 'fn sigmoid(a: f32) -> f32 { return 1.0 / (1.0 + exp(min(-a, 88.0))); }';

const FORWARD: Shader = {
  key: 'MarcoSwiglu',
  outputs: { y: 'f32' },
  inputs: { gate: 'f32', up: 'f32' },
  uniforms: { size: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
${SIGMOID}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let index = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (index < uniforms.size) { y[index] = gate[index] * sigmoid(gate[index]) * up[index]; }
}`,
};

/** d silu(a)/da = sigmoid(a) · (1 + a · (1 − sigmoid(a))). */
const BACKWARD: Shader = {
  key: 'MarcoSwigluGrad',
  outputs: { dgate: 'f32', dup: 'f32' },
  inputs: { dy: 'f32', gate: 'f32', up: 'f32' },
  uniforms: { size: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
${SIGMOID}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let index = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (index >= uniforms.size) { return; }
  let a = gate[index];
  let s = sigmoid(a);
  dgate[index] = dy[index] * up[index] * s * (1.0 + a * (1.0 - s));
  dup[index] = dy[index] * a * s;
}`,
};

export const swiglu: WebGpuKernel = ({ inputs, backend }) => {
  expectKernelShapes('MarcoSwiglu', inputs, { gate: { shape: 'TF' }, up: { shape: 'TF' } });
  const { shape } = input(inputs, 'gate');
  const size = util.sizeFromShape(shape);
  const y = allocate(backend, shape);
  runShader(backend, FORWARD, {
    outputs: [y],
    inputs: [input(inputs, 'gate'), input(inputs, 'up')],
    uniforms: { size },
    workgroups: spread(backend, Math.ceil(size / SIZE)),
  });
  return [y];
};

export const swigluGrad: WebGpuKernel = ({ inputs, backend }) => {
  const shapes = { dy: { shape: 'TF' }, gate: { shape: 'TF' }, up: { shape: 'TF' } };
  expectKernelShapes('MarcoSwigluGrad', inputs, shapes);
  const { shape } = input(inputs, 'gate');
  const size = util.sizeFromShape(shape);
  const outputs = [allocate(backend, shape), allocate(backend, shape)];
  runShader(backend, BACKWARD, {
    outputs,
    inputs: ['dy', 'gate', 'up'].map((name) => input(inputs, name)),
    uniforms: { size },
    workgroups: spread(backend, Math.ceil(size / SIZE)),
  });
  return outputs;
};
