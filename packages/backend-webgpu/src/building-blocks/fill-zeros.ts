/**
 * Fills a tensor with zeros: what a sum over nothing is, and what gradients of rows that nobody read are.
 *
 * Shapes: any.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { type TensorInfo, util } from '@tensorflow/tfjs-core';
import { runShader, type Shader, spread } from '../runtime/run-shader.ts';

const SIZE = 256;

const FILL_ZEROS: Shader = {
  key: 'MarcoFillZeros',
  outputs: { y: 'f32' },
  inputs: {},
  uniforms: { size: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let index = flatIndex(group, groups) * ${SIZE} + i32(local.x);
  if (index < uniforms.size) { y[index] = 0.0; }
}`,
};

export function fillZeros(backend: WebGPUBackend, output: TensorInfo): void {
  const size = util.sizeFromShape(output.shape);
  const workgroups = spread(backend, Math.ceil(size / SIZE));
  runShader(backend, FILL_ZEROS, { outputs: [output], inputs: [], uniforms: { size }, workgroups });
}
