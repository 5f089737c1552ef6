/**
 * Tiled matrix product on parts of buffers: result (+)= A B, each of A and B read plainly or transposed, with a free last step.
 *
 * Source: Volkov and Demmel 2008, "Benchmarking GPUs to tune dense linear algebra" (tiles in workgroup memory, blocks in registers).
 * Shapes: A [M, K] or, transposed, stored as [K, M]; B [K, N] or stored as [N, K]; an invocation computes 4 x 4 values, 8 x 8 of large results.
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

/** Invocations along one side of a workgroup: 256 are what every adapter offers. */
const SIDE = 16;
const LANES = 'xyzw';

/** Which part of the result a workgroup computes; either way with 8.2 KiB of workgroup memory, which every adapter has. */
export interface Tiling {
  /** Rows and columns of one invocation: the larger, the fewer reads per product. */
  readonly block: number;
  readonly tile: number;
  readonly depth: number;
  /** Elements between two k in workgroup memory: one more than the tile, so that transposed writes meet different banks. */
  readonly pitch: number;
}

export const SMALL_TILING: Tiling = { block: 4, tile: 4 * SIDE, depth: 16, pitch: 4 * SIDE + 1 };
export const LARGE_TILING: Tiling = { block: 8, tile: 8 * SIDE, depth: 8, pitch: 8 * SIDE + 1 };

/** Workgroups that keep every core of a large GPU busy. */
const MIN_LARGE_TILES = 128;

/** Large tiles read less per product, but only where the result fills them and there are enough of them. */
export function chooseTiling(M: number, N: number): Tiling {
  const { tile } = LARGE_TILING;
  const numTiles = Math.ceil(M / tile) * Math.ceil(N / tile);
  return Math.min(M, N) >= tile && numTiles >= MIN_LARGE_TILES ? LARGE_TILING : SMALL_TILING;
}

export function multiply(
  backend: WebGPUBackend,
  what: MultiplyCase,
  run: MultiplyRun,
  tiling = chooseTiling(run.M, run.N),
): void {
  const { result, a, b, M, N, K } = run;
  runShader(backend, multiplyShader(what, tiling), {
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
    workgroups: [Math.ceil(N / tiling.tile), Math.ceil(M / tiling.tile), 1],
  });
}

function multiplyShader({ transposeA, transposeB, accumulate, lastStep }: MultiplyCase, tiling: Tiling): Shader {
  const flags = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}${accumulate ? ' accumulate' : ''}`;
  const { block, tile, depth, pitch } = tiling;
  const rows = Array.from({ length: block }, (_, row) => row);
  /** Groups of 4 columns, each one vector. */
  const quads = Array.from({ length: block / 4 }, (_, quad) => quad);
  const column = (quad: number, lane: number) => `x + ${SIDE * (4 * quad + lane)}`;
  const lanes = [0, 1, 2, 3];
  return {
    key: `MarcoMultiply ${flags} ${tile} ${lastStep?.key ?? ''}`,
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
var<workgroup> aTile: array<f32, ${depth * pitch}>;
var<workgroup> bTile: array<f32, ${depth * pitch}>;
${lastStep?.code ?? 'fn lastStep(row: i32, column: i32, product: f32) -> f32 { return product; }'}
fn store(row: i32, column: i32, product: f32) {
  if (row >= uniforms.M || column >= uniforms.N) { return; }
  let place = uniforms.resultStart + row * uniforms.resultPitch + column;
  result[place] = ${accumulate ? 'result[place] + ' : ''}lastStep(row, column, product);
}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let x = i32(local.x);
  let y = i32(local.y);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
${rows.flatMap((i) => quads.map((quad) => `  var sums${i}_${quad} = vec4<f32>(0.0);`)).join('\n')}
  for (var firstK = 0; firstK < uniforms.K; firstK += ${depth}) {
    workgroupBarrier();
    for (var e = y * ${SIDE} + x; e < ${tile * depth}; e += ${SIDE * SIDE}) {
${loadTile('a', 'M', 'firstRow', transposeA, tiling)}
${loadTile('b', 'N', 'firstColumn', !transposeB, tiling)}
    }
    workgroupBarrier();
    for (var k = 0; k < ${depth * pitch}; k += ${pitch}) {
${quads.map((quad) => `      let columns${quad} = vec4<f32>(${lanes.map((lane) => `bTile[k + ${column(quad, lane)}]`).join(', ')});`).join('\n')}
${rows
  .flatMap((i) => [
    `      let row${i} = aTile[k + y + ${SIDE * i}];`,
    ...quads.map((quad) => `      sums${i}_${quad} += row${i} * columns${quad};`),
  ])
  .join('\n')}
    }
  }
${rows
  .flatMap((i) =>
    quads.flatMap((quad) =>
      lanes.map(
        (lane) =>
          `  store(firstRow + y + ${SIDE * i}, firstColumn + ${column(quad, lane)}, sums${i}_${quad}.${LANES[lane]});`,
      ),
    ),
  )
  .join('\n')}
}`,
  };
}

/** Neighbouring invocations read neighbouring elements, whichever way the matrix lies. `alongK`: K is its first stored dimension. */
function loadTile(name: 'a' | 'b', size: string, first: string, alongK: boolean, tiling: Tiling): string {
  const { tile, depth, pitch } = tiling;
  const [k, other] = alongK ? [`e / ${tile}`, `e % ${tile}`] : [`e % ${depth}`, `e / ${depth}`];
  const [major, minor] = alongK ? ['k', 'other'] : ['other', 'k'];
  return `      {
        let inTileK = ${k};
        let inTile = ${other};
        let k = firstK + inTileK;
        let other = ${first} + inTile;
        var value = 0.0;
        if (k < uniforms.K && other < uniforms.${size}) { value = ${name}[uniforms.${name}Start + ${major} * uniforms.${name}Pitch + ${minor}]; }
        ${name}Tile[inTileK * ${pitch} + inTile] = value;
      }`;
}
