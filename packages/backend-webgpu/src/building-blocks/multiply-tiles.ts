/**
 * Matrix product by tiles in workgroup memory, of float32 or of halves; sums are float32 either way.
 *
 * Source: Volkov and Demmel 2008, "Benchmarking GPUs to tune dense linear algebra" (tiles in workgroup memory, blocks in registers).
 * Shapes: A [M, K] or, transposed, stored as [K, M]; B [K, N] or stored as [N, K]; an invocation computes a block of the tiling.
 */
import type { Shader } from '../runtime/run-shader.ts';
import { caseKey, MULTIPLY_UNIFORMS, type MultiplyCase, operandInputs, storeFunction } from './multiply-case.ts';
import type { TileElement, Tiling } from './tilings.ts';

const LANES = 'xyzw';

export function tileProductShader(what: MultiplyCase, element: TileElement, tiling: Tiling): Shader {
  const { transposeA, transposeB, lastStep } = what;
  const { side, block, tile, depth, pitch } = tiling;
  const rows = Array.from({ length: block }, (_, row) => row);
  /** Groups of 4 columns, each one vector. */
  const quads = Array.from({ length: block / 4 }, (_, quad) => quad);
  const column = (quad: number, lane: number) => `x + ${side * (4 * quad + lane)}`;
  const lanes = [0, 1, 2, 3];
  return {
    key: `MarcoMultiply ${element} ${caseKey(what)} ${tile} ${depth}`,
    outputs: { result: 'f32' },
    inputs: operandInputs(what, element),
    uniforms: { ...MULTIPLY_UNIFORMS, ...lastStep?.uniforms },
    workgroupSize: [side, side],
    code: () => `
var<workgroup> aTile: array<array<${element}, ${pitch}>, ${depth}>;
var<workgroup> bTile: array<array<${element}, ${pitch}>, ${depth}>;
${storeFunction(what, element)}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  // Bounded here, so that the compiler needs no bounds where the tiles are read.
  let x = i32(min(local.x, ${side - 1}u));
  let y = i32(min(local.y, ${side - 1}u));
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
${rows.flatMap((i) => quads.map((quad) => `  var sums${i}_${quad} = vec4<f32>(0.0);`)).join('\n')}
  for (var firstK = 0; firstK < uniforms.K; firstK += ${depth}) {
    workgroupBarrier();
    for (var i = 0; i < ${(tile * depth) / side ** 2}; i++) {
      let e = (i * ${side} + y) * ${side} + x;
${loadTile('a', 'M', 'firstRow', transposeA, element, tiling)}
${loadTile('b', 'N', 'firstColumn', !transposeB, element, tiling)}
    }
    workgroupBarrier();
    for (var k = 0; k < ${depth}; k++) {
${quads.map((quad) => `      let columns${quad} = vec4<f32>(vec4<${element}>(${lanes.map((lane) => `bTile[k][${column(quad, lane)}]`).join(', ')}));`).join('\n')}
${rows
  .flatMap((i) => [
    `      let row${i} = f32(aTile[k][y + ${side * i}]);`,
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
          `  store(firstRow + y + ${side * i}, firstColumn + ${column(quad, lane)}, sums${i}_${quad}.${LANES[lane]});`,
      ),
    ),
  )
  .join('\n')}
}`,
  };
}

/** Neighbouring invocations read neighbouring elements, whichever way the matrix lies. `alongK`: K is its first stored dimension. */
function loadTile(
  name: 'a' | 'b',
  size: string,
  first: string,
  alongK: boolean,
  element: TileElement,
  tiling: Tiling,
): string {
  const { tile, depth } = tiling;
  const [k, other] = alongK ? [`e / ${tile}`, `e % ${tile}`] : [`e % ${depth}`, `e / ${depth}`];
  const [major, minor] = alongK ? ['k', 'other'] : ['other', 'k'];
  return `      {
        let inTileK = ${k};
        let inTile = ${other};
        let k = firstK + inTileK;
        let other = ${first} + inTile;
        var value = ${element}(0);
        if (k < uniforms.K && other < uniforms.${size}) { value = ${name}[uniforms.${name}Start + ${major} * uniforms.${name}Pitch + ${minor}]; }
        ${name}Tile[inTileK][inTile] = value;
      }`;
}
