/**
 * Product of a few rows with a stored, transposed matrix of halves: what generation does with every weight. Each word of the weight is read once,
 * by one workgroup per column of the result.
 *
 * Shapes: A [M, K] with M of at most 8, B stored as [N, K].
 */
import type { Shader } from '../runtime/run-shader.ts';
import { caseKey, MULTIPLY_UNIFORMS, type MultiplyCase, operandInputs, storeFunction } from './multiply-case.ts';

const SIZE = 64;
const MAX_ROWS = 8;

export function isFewRows({ transposeA, transposeB }: MultiplyCase, M: number): boolean {
  return !transposeA && transposeB && M <= MAX_ROWS;
}

export function fewRowsShader(what: MultiplyCase, M: number): Shader {
  const rows = Array.from({ length: M }, (_, row) => row);
  return {
    key: `MarcoMultiply ${M} rows ${caseKey(what)}`,
    outputs: { result: 'f32' },
    inputs: operandInputs(what, 'f16'),
    uniforms: { ...MULTIPLY_UNIFORMS, ...what.lastStep?.uniforms },
    workgroupSize: [SIZE, 1],
    code: () => `
var<workgroup> parts: array<f32, ${M * SIZE}>;
${storeFunction(what, 'f16')}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let x = i32(local.x);
  let n = flatIndex(group, groups);
  if (n >= uniforms.N) { return; }
${rows.map((row) => `  var sum${row} = 0.0;`).join('\n')}
  for (var k = x; k < uniforms.K; k += ${SIZE}) {
    let weight = f32(b[uniforms.bStart + n * uniforms.bPitch + k]);
${rows.map((row) => `    sum${row} += f32(a[uniforms.aStart + ${row} * uniforms.aPitch + k]) * weight;`).join('\n')}
  }
${rows.map((row) => `  parts[${row * SIZE} + x] = sum${row};`).join('\n')}
  workgroupBarrier();
  for (var width = ${SIZE / 2}; width > 0; width >>= 1u) {
    if (x < width) {
${rows.map((row) => `      parts[${row * SIZE} + x] += parts[${row * SIZE} + x + width];`).join('\n')}
    }
    workgroupBarrier();
  }
  if (x < ${M}) { store(x, n, parts[x * ${SIZE}]); }
}`,
  };
}
