/**
 * Matrices as halves: each element divided by a power of two that brings the largest magnitude of the matrix to between 2^14 and 2^15, and
 * rounded to the 11 bits of float16.
 *
 * Source: the scaling of Micikevicius et al. 2018, arXiv:1710.03740, by matrix and exact, where theirs is by loss.
 * Shapes: [rows, columns], dense; tfjs has no type of 16 bits, so `bits` is an int32 tensor of half as many elements.
 * Nothing overflows, and what is above 2^-28 of the largest magnitude keeps all 11 bits: gradients need no loss scaling. NaN and Infinity stay
 * what they are and scale nothing.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';

/** Owned by whoever made it. */
export interface Halves {
  readonly bits: TensorInfo;
  /** [1]: the power of two that a stored 1 stands for. */
  readonly unit: TensorInfo;
}

/** A matrix within a buffer: its first element and the elements from one stored row to the next. */
export interface MatrixPart {
  readonly tensor: TensorInfo;
  readonly start: number;
  readonly pitch: number;
}

const SIZE = 256;
const PER_INVOCATION = 8;
const UNIFORMS = { columns: 'i32', start: 'i32', pitch: 'i32', size: 'i32' } as const;
const SOURCE_AT = 'source[uniforms.start + (e / uniforms.columns) * uniforms.pitch + e % uniforms.columns]';

const REDUCE = `
var<workgroup> parts: array<f32, ${SIZE}>;
fn largestOfWorkgroup(local: vec2<u32>, value: f32) -> f32 {
  parts[local.x] = value;
  workgroupBarrier();
  for (var width = ${SIZE / 2}u; width > 0u; width >>= 1u) {
    if (local.x < width) { parts[local.x] = max(parts[local.x], parts[local.x + width]); }
    workgroupBarrier();
  }
  return parts[0];
}`;

/** The largest finite magnitude of what each workgroup looks at. */
const LARGEST: Shader = {
  key: 'MarcoHalves.largest',
  outputs: { largest: 'f32' },
  inputs: { source: 'f32' },
  uniforms: UNIFORMS,
  workgroupSize: [SIZE, 1],
  code: () => `${REDUCE}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  var most = 0.0;
  for (var e = i32(group.x * ${SIZE}u + local.x); e < uniforms.size; e += i32(groups.x) * ${SIZE}) {
    let bits = bitcast<u32>(${SOURCE_AT}) & 0x7fffffffu;
    if (bits < 0x7f800000u) { most = max(most, bitcast<f32>(bits)); }
  }
  let all = largestOfWorkgroup(local, most);
  if (local.x == 0u) { largest[group.x] = all; }
}`,
};

const NARROW: Shader = {
  key: 'MarcoHalves.narrow',
  outputs: { bits: 'f16', unit: 'f32' },
  inputs: { source: 'f32', largest: 'f32' },
  uniforms: { ...UNIFORMS, numLargest: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `${REDUCE}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  var most = 0.0;
  if (i32(local.x) < uniforms.numLargest) { most = largest[local.x]; }
  let exponent = max(i32(bitcast<u32>(largestOfWorkgroup(local, most)) >> 23u), 15);
  let scale = bitcast<f32>(u32(268 - exponent) << 23u);
  if (local.x == 0u && flatIndex(group, groups) == 0) { unit[0] = bitcast<f32>(u32(exponent - 14) << 23u); }
  for (var i = 0; i < ${PER_INVOCATION}; i++) {
    let e = (flatIndex(group, groups) * ${PER_INVOCATION} + i) * ${SIZE} + i32(local.x);
    if (e < uniforms.size) { bits[e] = f16(${SOURCE_AT} * scale); }
  }
}`,
};

const WIDEN: Shader = {
  key: 'MarcoHalves.widen',
  outputs: { result: 'f32' },
  inputs: { bits: 'f16', unit: 'f32' },
  uniforms: { size: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  for (var i = 0; i < ${PER_INVOCATION}; i++) {
    let e = (flatIndex(group, groups) * ${PER_INVOCATION} + i) * ${SIZE} + i32(local.x);
    if (e < uniforms.size) { result[e] = f32(bits[e]) * unit[0]; }
  }
}`,
};

/** @param part not empty; not disposed */
export function toHalves(backend: WebGPUBackend, part: MatrixPart, rows: number, columns: number): Halves {
  const size = rows * columns;
  const { tensor, start, pitch } = part;
  const numLargest = Math.min(SIZE, Math.ceil(size / (SIZE * PER_INVOCATION)));
  const largest = allocate(backend, [numLargest]);
  const halves: Halves = { bits: allocate(backend, [Math.ceil(size / 2)], 'int32'), unit: allocate(backend, [1]) };
  const uniforms = { columns, start, pitch, size };
  runShader(backend, LARGEST, { outputs: [largest], inputs: [tensor], uniforms, workgroups: [numLargest, 1, 1] });
  runShader(backend, NARROW, {
    outputs: [halves.bits, halves.unit],
    inputs: [tensor, largest],
    uniforms: { ...uniforms, numLargest },
    workgroups: workgroupsFor(backend, size),
  });
  backend.disposeData(largest.dataId);
  return halves;
}

/** Writes the elements as float32 into a tensor of that many. */
export function widen(backend: WebGPUBackend, { bits, unit }: Halves, result: TensorInfo, size: number): void {
  runShader(backend, WIDEN, {
    outputs: [result],
    inputs: [bits, unit],
    uniforms: { size },
    workgroups: workgroupsFor(backend, size),
  });
}

export function disposeHalves(backend: WebGPUBackend, { bits, unit }: Halves): void {
  backend.disposeData(bits.dataId);
  backend.disposeData(unit.dataId);
}

function workgroupsFor(backend: WebGPUBackend, size: number): [number, number, number] {
  return spread(backend, Math.ceil(size / (SIZE * PER_INVOCATION)));
}
