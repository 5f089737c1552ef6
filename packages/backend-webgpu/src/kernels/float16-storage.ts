/**
 * MarcoFloat16Storage, which stores a tensor as halves, and tfjs's GatherV2, which reads rows of such a table without widening it.
 *
 * Shapes: x any, result the same; table [V, ...], ids any int32.
 */
import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { storeAsHalves, storedHalves } from '../storage/float16-storage.ts';
import { webGpuError } from '../webgpu-error.ts';
import { input, type KernelArguments, type WebGpuKernel } from './kernel-types.ts';

const SIZE = 64;

/** Ids beyond the table give zeros, as tfjs's kernel does. */
const GATHER_ROWS: Shader = {
  key: 'MarcoFloat16Storage.gather',
  outputs: { result: 'f32' },
  inputs: { table: 'f16', unit: 'f32', ids: 'i32' },
  uniforms: { V: 'i32', D: 'i32', T: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let t = flatIndex(group, groups);
  if (t >= uniforms.T) { return; }
  let id = ids[t];
  for (var d = i32(local.x); d < uniforms.D; d += ${SIZE}) {
    var value = 0.0;
    if (id >= 0 && id < uniforms.V) { value = f32(table[id * uniforms.D + d]) * unit[0]; }
    result[t * uniforms.D + d] = value;
  }
}`,
};

/** @throws Error when x is not float32 or has no elements */
export const float16Storage: WebGpuKernel = ({ inputs, backend }) => {
  const x = input(inputs, 'x');
  if (x.dtype !== 'float32' || util.sizeFromShape(x.shape) === 0) {
    throw webGpuError(
      'MarcoFloat16Storage',
      `x must be float32 and not empty, got ${x.dtype} [${x.shape}].`,
      'Leave it as it is.',
    );
  }
  return [storeAsHalves(backend, x)];
};

/** @param tfjsGather takes every table that is not stored as halves, and every axis but the first */
export function createGather(tfjsGather: KernelFunc): (args: KernelArguments) => TensorInfo | TensorInfo[] {
  return ({ inputs, attrs, backend }) => {
    const [table, ids] = [input(inputs, 'x'), input(inputs, 'indices')];
    const halves = storedHalves(table);
    const isRows = (attrs.axis ?? 0) === 0 && (attrs.batchDims ?? 0) === 0;
    const T = util.sizeFromShape(ids.shape);
    if (halves === undefined || !isRows || T === 0 || ids.dtype !== 'int32') {
      return tfjsGather({ inputs, attrs, backend });
    }
    const [V, ...row] = table.shape as [number, ...number[]];
    const result = allocate(backend, [...ids.shape, ...row]);
    runShader(backend, GATHER_ROWS, {
      outputs: [result],
      inputs: [halves.bits, halves.unit, ids],
      uniforms: { V, D: util.sizeFromShape(row), T },
      workgroups: spread(backend, T),
    });
    return result;
  };
}
