/**
 * Tiled matrix product on parts of buffers: result (+)= A B, each of A and B read plainly or transposed, with a free last step.
 *
 * Source: Volkov and Demmel 2008, "Benchmarking GPUs to tune dense linear algebra" (tiles in workgroup memory, blocks in registers).
 * Shapes: A [M, K] or, transposed, stored as [K, M]; B [K, N] or stored as [N, K]; an invocation computes 4 x 4 values.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { runShader, type Shader } from '../runtime/run-shader.ts';

export interface LastStep {
  readonly key: string;
  readonly inputs: Shader['inputs'];
  readonly uniforms: Shader['uniforms'];
  /** WGSL of `fn lastStep(row: i32, column: i32, product: f32) -> f32`; all of `inputs` must be used. */
  readonly code: string;
}

export interface MultiplyCase {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether to add to what `result` holds. */
  readonly accumulate: boolean;
  readonly lastStep?: LastStep;
}

/** A matrix within a buffer: its first element and the elements from one stored row to the next. */
export interface MatrixPart {
  readonly tensor: TensorInfo;
  readonly start: number;
  readonly pitch: number;
}

export interface MultiplyRun {
  readonly result: MatrixPart;
  readonly a: MatrixPart;
  readonly b: MatrixPart;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly lastStepInputs?: readonly TensorInfo[];
  readonly lastStepUniforms?: Readonly<Record<string, number>>;
}

/** 64 x 64 values by 256 invocations and 8.2 KiB of workgroup memory: what every adapter offers. */
const SIDE = 16;
const TILE = 4 * SIDE;
const DEPTH = 16;
const PITCH = TILE + 1;
const BLOCK = [0, 1, 2, 3] as const;
const LANES = 'xyzw';

export function multiply(backend: WebGPUBackend, what: MultiplyCase, run: MultiplyRun): void {
  const { result, a, b, M, N, K } = run;
  runShader(backend, multiplyShader(what), {
    outputs: [result.tensor],
    inputs: [a.tensor, b.tensor, ...(run.lastStepInputs ?? [])],
    uniforms: {
      M,
      N,
      K,
      aStart: a.start,
      aPitch: a.pitch,
      bStart: b.start,
      bPitch: b.pitch,
      resultStart: result.start,
      resultPitch: result.pitch,
      ...run.lastStepUniforms,
    },
    workgroups: [Math.ceil(N / TILE), Math.ceil(M / TILE), 1],
  });
}

function multiplyShader({ transposeA, transposeB, accumulate, lastStep }: MultiplyCase): Shader {
  const flags = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}${accumulate ? ' accumulate' : ''}`;
  return {
    key: `MarcoMultiply ${flags} ${lastStep?.key ?? ''}`,
    outputs: { result: 'f32' },
    inputs: { a: 'f32', b: 'f32', ...lastStep?.inputs },
    uniforms: {
      M: 'i32',
      N: 'i32',
      K: 'i32',
      aStart: 'i32',
      aPitch: 'i32',
      bStart: 'i32',
      bPitch: 'i32',
      resultStart: 'i32',
      resultPitch: 'i32',
      ...lastStep?.uniforms,
    },
    workgroupSize: [SIDE, SIDE],
    code: () => `
var<workgroup> aTile: array<f32, ${DEPTH * PITCH}>;
var<workgroup> bTile: array<f32, ${DEPTH * PITCH}>;
${lastStep?.code ?? 'fn lastStep(row: i32, column: i32, product: f32) -> f32 { return product; }'}
fn store(row: i32, column: i32, product: f32) {
  if (row >= uniforms.M || column >= uniforms.N) { return; }
  let place = uniforms.resultStart + row * uniforms.resultPitch + column;
  result[place] = ${accumulate ? 'result[place] + ' : ''}lastStep(row, column, product);
}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let x = i32(local.x);
  let y = i32(local.y);
  let firstRow = i32(group.y) * ${TILE};
  let firstColumn = i32(group.x) * ${TILE};
${BLOCK.map((i) => `  var sums${i} = vec4<f32>(0.0);`).join('\n')}
  for (var firstK = 0; firstK < uniforms.K; firstK += ${DEPTH}) {
    workgroupBarrier();
    for (var e = y * ${SIDE} + x; e < ${TILE * DEPTH}; e += ${SIDE * SIDE}) {
${loadTile('a', 'M', 'firstRow', transposeA)}
${loadTile('b', 'N', 'firstColumn', !transposeB)}
    }
    workgroupBarrier();
    for (var k = 0; k < ${DEPTH * PITCH}; k += ${PITCH}) {
      let columns = vec4<f32>(${BLOCK.map((j) => `bTile[k + x + ${SIDE * j}]`).join(', ')});
${BLOCK.map((i) => `      sums${i} += aTile[k + y + ${SIDE * i}] * columns;`).join('\n')}
    }
  }
${BLOCK.flatMap((i) =>
  BLOCK.map((j) => `  store(firstRow + y + ${SIDE * i}, firstColumn + x + ${SIDE * j}, sums${i}.${LANES[j]});`),
).join('\n')}
}`,
  };
}

/** Neighbouring invocations read neighbouring elements, whichever way the matrix lies. `alongK`: K is its first stored dimension. */
function loadTile(name: 'a' | 'b', size: string, first: string, alongK: boolean): string {
  const [k, other] = alongK ? [`e / ${TILE}`, `e % ${TILE}`] : [`e % ${DEPTH}`, `e / ${DEPTH}`];
  const [major, minor] = alongK ? ['k', 'other'] : ['other', 'k'];
  return `      {
        let inTileK = ${k};
        let inTile = ${other};
        let k = firstK + inTileK;
        let other = ${first} + inTile;
        var value = 0.0;
        if (k < uniforms.K && other < uniforms.${size}) { value = ${name}[uniforms.${name}Start + ${major} * uniforms.${name}Pitch + ${minor}]; }
        ${name}Tile[inTileK * ${PITCH} + inTile] = value;
      }`;
}
