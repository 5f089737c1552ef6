/**
 * MarcoRope: rotary position embedding in the rotate-half layout; `inverse` turns back, which is the gradient.
 *
 * Source: Su et al. 2021, arXiv:2104.09864; sine and cosine by the polynomials and the three-part π/2 of Moshier's Cephes `sinf`.
 * Shapes: x, y [B, L, N, H], positionIds [B, L]; dimension i and i + H/2 turn together by position · theta^(−2i/H).
 * Differs: WGSL promises sines to 2^-11 only, and within one turn; these hold to float32 rounding on every driver, to angles of 10⁵.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { webGpuError } from '../webgpu-error.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 256;

const ROTATE: Shader = {
  key: 'MarcoRope',
  outputs: { y: 'f32' },
  inputs: { x: 'f32', positionIds: 'i32', frequencies: 'f32' },
  uniforms: { pairs: 'i32', N: 'i32', halfSize: 'i32', direction: 'f32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn cosineAndSine(angle: f32) -> vec2<f32> {
  let quarters = round(angle * 0.6366197723675814);
  let rest = ((angle - quarters * 1.5703125) - quarters * 4.837512969970703125e-4) - quarters * 7.54978995489188216e-8;
  let square = rest * rest;
  let sine = rest + rest * square * ((-1.9515295891e-4 * square + 8.3321608736e-3) * square - 1.6666654611e-1);
  let cosine = 1.0 - 0.5 * square
    + square * square * ((2.443315711809948e-5 * square - 1.388731625493765e-3) * square + 4.166664568298827e-2);
  switch (i32(quarters) & 3) {
    case 0: { return vec2<f32>(cosine, sine); }
    case 1: { return vec2<f32>(-sine, cosine); }
    case 2: { return vec2<f32>(-cosine, -sine); }
    default: { return vec2<f32>(sine, -cosine); }
  }
}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let pair = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (pair >= uniforms.pairs) { return; }
  let head = pair / uniforms.halfSize;
  let i = pair % uniforms.halfSize;
  let turn = cosineAndSine(f32(positionIds[head / uniforms.N]) * frequencies[i]);
  let sine = turn.y * uniforms.direction;
  let first = head * 2 * uniforms.halfSize + i;
  let second = first + uniforms.halfSize;
  y[first] = x[first] * turn.x - x[second] * sine;
  y[second] = x[second] * turn.x + x[first] * sine;
}`,
};

/** By theta and size: a model has one, and bringing it to the device takes longer than the kernel. */
const frequencies = new WeakMap<WebGPUBackend, Map<string, TensorInfo>>();

function frequenciesOf(backend: WebGPUBackend, theta: number, halfSize: number): TensorInfo {
  const known = frequencies.get(backend) ?? new Map<string, TensorInfo>();
  frequencies.set(backend, known);
  const key = `${theta} ${halfSize}`;
  let found = known.get(key);
  if (found === undefined) {
    const values = Float32Array.from({ length: halfSize }, (_, index) => theta ** (-index / halfSize));
    found = backend.makeTensorInfo([halfSize], 'float32', values);
    known.set(key, found);
  }
  return found;
}

export const rope: WebGpuKernel = ({ inputs, attrs, backend }) => {
  const shapes = { x: { shape: 'BLNH' }, positionIds: { shape: 'BL', dtype: 'int32' } } as const;
  const { N, H } = expectKernelShapes<'N' | 'H'>('MarcoRope', inputs, shapes);
  const theta = expectNumber('MarcoRope', attrs, 'theta');
  if (H % 2 !== 0 || !(theta > 0)) {
    throw webGpuError(
      'MarcoRope',
      `the head size must be even and theta positive, got H ${H} and theta ${theta}.`,
      'Check the configuration of the model.',
    );
  }
  const x = input(inputs, 'x');
  const halfSize = H / 2;
  const pairs = util.sizeFromShape(x.shape) / 2;
  const y = allocate(backend, x.shape);
  if (pairs === 0) return [y];
  runShader(backend, ROTATE, {
    outputs: [y],
    inputs: [x, input(inputs, 'positionIds'), frequenciesOf(backend, theta, halfSize)],
    uniforms: { pairs, N, halfSize, direction: attrs.inverse === true ? -1 : 1 },
    workgroups: spread(backend, Math.ceil(pairs / SIZE)),
  });
  return [y];
};
