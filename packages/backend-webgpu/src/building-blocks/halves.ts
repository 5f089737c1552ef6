/**
 * Matrices as halves: each element divided by a power of two that brings the largest magnitude of the matrix to between 2^14 and 2^15, and
 * rounded to the 11 bits of float16.
 *
 * Source: the scaling of Micikevicius et al. 2018, arXiv:1710.03740, by matrix and exact, where theirs is by loss.
 * Shapes: [rows, columns] from a part of a buffer to [rows, pitch], the columns from `columns` on zeros; tfjs has no type of 16 bits, so `bits`
 * is an int32 tensor of half as many elements.
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
/** Of the first pass, whose results every workgroup of the second reads. */
const MAX_LARGEST = 1024;
/** Steps of one invocation: few of the first pass, to fill the device; more of the second, which begins with reading those results. */
const LARGEST_STEPS = 2;
const NARROW_STEPS = 8;
/** Elements of a 16-byte word of halves: rows begin at whole words. */
export const HALVES_PER_WORD = 8;

const UNIFORMS = { columns: 'i32', start: 'i32', pitch: 'i32', newPitch: 'i32', size: 'i32' } as const;

/** How an element of the result is read: one by one anywhere, or by fours where the source lies as the result will. */
interface Access {
  readonly name: string;
  readonly width: 1 | 4;
  readonly vector: (element: string) => string;
  /** WGSL of `fn sourceAt(e: i32)`, e in steps of `width`. */
  readonly read: string;
}

const ONE_BY_ONE: Access = {
  name: 'parts',
  width: 1,
  vector: (element) => element,
  read: `
fn sourceAt(e: i32) -> f32 {
  let column = e % uniforms.newPitch;
  if (column >= uniforms.columns) { return 0.0; }
  return source[uniforms.start + (e / uniforms.newPitch) * uniforms.pitch + column];
}`,
};

const BY_FOURS: Access = {
  name: 'dense',
  width: 4,
  vector: (element) => `vec4<${element}>`,
  read: 'fn sourceAt(e: i32) -> vec4<f32> { return source[uniforms.start / 4 + e]; }',
};

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
const largestShader = ({ name, width, vector, read }: Access): Shader => ({
  key: `MarcoHalves.largest ${name}`,
  outputs: { largest: 'f32' },
  inputs: { source: width === 4 ? 'vec4<f32>' : 'f32' },
  uniforms: UNIFORMS,
  workgroupSize: [SIZE, 1],
  code: () => `${REDUCE}
${read}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  var most = ${vector('f32')}();
  for (var e = i32(group.x * ${SIZE}u + local.x); e < uniforms.size / ${width}; e += i32(groups.x) * ${SIZE}) {
    let magnitude = bitcast<${vector('u32')}>(sourceAt(e)) & ${vector('u32')}(0x7fffffffu);
    let isFinite = magnitude < ${vector('u32')}(0x7f800000u);
    most = max(most, select(${vector('f32')}(), bitcast<${vector('f32')}>(magnitude), isFinite));
  }
  let all = largestOfWorkgroup(local, ${width === 4 ? 'max(max(most.x, most.y), max(most.z, most.w))' : 'most'});
  if (local.x == 0u) { largest[group.x] = all; }
}`,
});

const narrowShader = ({ name, width, vector, read }: Access): Shader => ({
  key: `MarcoHalves.narrow ${name}`,
  outputs: { bits: width === 4 ? 'vec4<f16>' : 'f16', unit: 'f32' },
  inputs: { source: width === 4 ? 'vec4<f32>' : 'f32', largest: 'f32' },
  uniforms: { ...UNIFORMS, numLargest: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `${REDUCE}
${read}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  var most = 0.0;
  for (var i = i32(local.x); i < uniforms.numLargest; i += ${SIZE}) { most = max(most, largest[i]); }
  let exponent = max(i32(bitcast<u32>(largestOfWorkgroup(local, most)) >> 23u), 15);
  let scale = bitcast<f32>(u32(268 - exponent) << 23u);
  if (local.x == 0u && flatIndex(group, groups) == 0) { unit[0] = bitcast<f32>(u32(exponent - 14) << 23u); }
  for (var i = 0; i < ${NARROW_STEPS}; i++) {
    let e = (flatIndex(group, groups) * ${NARROW_STEPS} + i) * ${SIZE} + i32(local.x);
    if (e < uniforms.size / ${width}) { bits[e] = ${vector('f16')}(sourceAt(e) * scale); }
  }
}`,
});

const WIDEN: Shader = {
  key: 'MarcoHalves.widen',
  outputs: { result: 'f32' },
  inputs: { bits: 'f16', unit: 'f32' },
  uniforms: { size: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  for (var i = 0; i < ${NARROW_STEPS}; i++) {
    let e = (flatIndex(group, groups) * ${NARROW_STEPS} + i) * ${SIZE} + i32(local.x);
    if (e < uniforms.size) { result[e] = f32(bits[e]) * unit[0]; }
  }
}`,
};

/**
 * @param part not empty; not disposed
 * @param newPitch elements from one row of the halves to the next, at least `columns`
 */
export function toHalves(
  backend: WebGPUBackend,
  part: MatrixPart,
  rows: number,
  columns: number,
  newPitch: number = columns,
): Halves {
  const size = rows * newPitch;
  const { tensor, start, pitch } = part;
  const isDense = pitch === columns && newPitch === columns && size % 4 === 0 && start % 4 === 0;
  const access = isDense ? BY_FOURS : ONE_BY_ONE;
  const workgroups = (steps: number) => Math.ceil(size / (access.width * steps * SIZE));
  const numLargest = Math.min(MAX_LARGEST, workgroups(LARGEST_STEPS));
  const largest = allocate(backend, [numLargest]);
  const halves: Halves = { bits: allocate(backend, [Math.ceil(size / 2)], 'int32'), unit: allocate(backend, [1]) };
  const uniforms = { columns, start, pitch, newPitch, size };
  runShader(backend, largestShader(access), {
    outputs: [largest],
    inputs: [tensor],
    uniforms,
    workgroups: [numLargest, 1, 1],
  });
  runShader(backend, narrowShader(access), {
    outputs: [halves.bits, halves.unit],
    inputs: [tensor, largest],
    uniforms: { ...uniforms, numLargest },
    workgroups: spread(backend, workgroups(NARROW_STEPS)),
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
    workgroups: spread(backend, Math.ceil(size / (NARROW_STEPS * SIZE))),
  });
}

export function disposeHalves(backend: WebGPUBackend, { bits, unit }: Halves): void {
  backend.disposeData(bits.dataId);
  backend.disposeData(unit.dataId);
}
