/**
 * Matrix product of halves by the matrix units: tiles lie in workgroup memory as they lie in the buffers, four subgroups compute a quarter of
 * the result's tile each.
 *
 * Source: WGSL extension chromium_experimental_subgroup_matrix (Dawn).
 * Shapes: see multiply-tiles.ts; a subgroup keeps an array of [M, N] sums of the matrix instruction.
 */
import type { SubgroupMatrix } from '../products/products.ts';
import type { Shader } from '../runtime/run-shader.ts';
import { caseKey, MULTIPLY_UNIFORMS, type MultiplyCase, operandInputs, storeFunction } from './multiply-case.ts';
import type { TilingLimits } from './tilings.ts';

/** Subgroups along each side of the tile. */
const SIDE = 2;
/** Halves after each row in workgroup memory, so that rows begin in different banks. */
const PADDING = 8;

export interface SubgroupTiling {
  /** Rows and columns of the result that a workgroup computes. */
  readonly tile: number;
  readonly depth: number;
}

/** Best first; the smaller takes 14 KiB with an instruction of 16 x 16, the larger 24 KiB. */
const TILINGS: readonly SubgroupTiling[] = [
  { tile: 128, depth: 32 },
  { tile: 64, depth: 32 },
];
const MIN_TILES = 128;

/** @throws Error when the instruction divides no tile that the adapter holds: `subgroupTilings` says so beforehand */
export function chooseSubgroupTiling(
  matrix: SubgroupMatrix,
  M: number,
  N: number,
  limits: TilingLimits,
): SubgroupTiling {
  const fitting = subgroupTilings(matrix, limits);
  const isFilled = ({ tile }: SubgroupTiling) =>
    Math.min(M, N) >= tile && Math.ceil(M / tile) * Math.ceil(N / tile) >= MIN_TILES;
  const chosen = fitting.find(isFilled) ?? fitting.at(-1);
  if (chosen === undefined) throw new Error('[@marco-ts/backend-webgpu] chooseSubgroupTiling: no tile fits.');
  return chosen;
}

/** Those that the instruction divides and the adapter holds. */
export function subgroupTilings(matrix: SubgroupMatrix, limits: TilingLimits): SubgroupTiling[] {
  return TILINGS.filter(
    (tiling) =>
      tiling.tile % (SIDE * matrix.M) === 0 &&
      tiling.tile % (SIDE * matrix.N) === 0 &&
      tiling.depth % matrix.K === 0 &&
      workgroupBytes(tiling, matrix) <= limits.maxComputeWorkgroupStorageSize &&
      SIDE * SIDE * matrix.subgroupSize <= limits.maxComputeInvocationsPerWorkgroup,
  );
}

function workgroupBytes({ tile, depth }: SubgroupTiling, { M, N }: SubgroupMatrix): number {
  const operand = Math.max(tile * (depth + PADDING), depth * (tile + PADDING));
  return 2 * 2 * operand + 4 * SIDE * SIDE * M * N;
}

export function subgroupProductShader(what: MultiplyCase, matrix: SubgroupMatrix, tiling: SubgroupTiling): Shader {
  const { transposeA, transposeB, lastStep } = what;
  const { tile, depth } = tiling;
  const { M, N, K, subgroupSize } = matrix;
  const part = tile / SIDE;
  const rows = Array.from({ length: part / M }, (_, row) => row);
  const columns = Array.from({ length: part / N }, (_, column) => column);
  const each = (write: (row: number, column: number) => string) =>
    rows.flatMap((row) => columns.map((column) => write(row, column))).join('\n');
  // A is [M, K] row by row, or stored as [K, M]; B is [K, N], or stored as [N, K].
  const aTile = operandTile('a', 'M', 'firstRow', transposeA, what, matrix, tiling);
  const bTile = operandTile('b', 'N', 'firstColumn', !transposeB, what, matrix, tiling);
  const [left, right, sum] = [
    `subgroup_matrix_left<f16, ${K}, ${M}>`,
    `subgroup_matrix_right<f16, ${N}, ${K}>`,
    `subgroup_matrix_result<f32, ${N}, ${M}>`,
  ];
  return {
    key: `MarcoMultiply matrices ${M} ${N} ${K} ${subgroupSize} ${caseKey(what)} ${tile} ${depth}`,
    usesSubgroups: true,
    enables: ['subgroups', 'chromium_experimental_subgroup_matrix'],
    outputs: { result: 'f32' },
    inputs: operandInputs(what, 'f16'),
    uniforms: { ...MULTIPLY_UNIFORMS, ...lastStep?.uniforms },
    // As many invocations along x as a subgroup has: each row of them is one.
    workgroupSize: [subgroupSize, SIDE * SIDE],
    code: () => `
var<workgroup> aTile: array<f16, ${aTile.size}>;
var<workgroup> bTile: array<f16, ${bTile.size}>;
var<workgroup> sums: array<f32, ${SIDE * SIDE * M * N}>;
${storeFunction(what, 'f16')}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>, subgroupId: u32) {
  let subgroup = i32(subgroupId);
  let invocation = subgroup * ${subgroupSize} + i32(local.x);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
  let partRow = (subgroup / ${SIDE}) * ${part};
  let partColumn = (subgroup % ${SIDE}) * ${part};
${each((row, column) => `  var sum${row}_${column} = ${sum}();`)}
  for (var firstK = 0; firstK < uniforms.K; firstK += ${depth}) {
    workgroupBarrier();
${aTile.load}
${bTile.load}
    workgroupBarrier();
    for (var k = 0; k < ${depth}; k += ${K}) {
${rows.map((row) => `      let left${row} = subgroupMatrixLoad<${left}, ${aTile.order}>(&aTile, ${aTile.offset(`partRow + ${row * M}`)}, ${aTile.pitch});`).join('\n')}
${columns
  .flatMap((column) => [
    `      let right${column} = subgroupMatrixLoad<${right}, ${bTile.order}>(&bTile, ${bTile.offset(`partColumn + ${column * N}`)}, ${bTile.pitch});`,
    ...rows.map(
      (row) =>
        `      sum${row}_${column} = subgroupMatrixMultiplyAccumulate(left${row}, right${column}, sum${row}_${column});`,
    ),
  ])
  .join('\n')}
    }
  }
  let firstSum = subgroup * ${M * N};
${each(
  (row, column) => `  workgroupBarrier();
  subgroupMatrixStore<row_major>(&sums, u32(firstSum), sum${row}_${column}, ${N});
  workgroupBarrier();
  for (var e = i32(local.x); e < ${M * N}; e += ${subgroupSize}) {
    store(firstRow + partRow + ${row * M} + e / ${N}, firstColumn + partColumn + ${column * N} + e % ${N}, sums[firstSum + e]);
  }`,
)}
}`,
  };
}

/** A tile with the orientation of its buffer, so that reads and writes are both along rows. `alongK`: K is the first stored dimension. */
function operandTile(
  name: 'a' | 'b',
  size: string,
  first: string,
  alongK: boolean,
  { transposeA, transposeB }: MultiplyCase,
  { subgroupSize }: SubgroupMatrix,
  { tile, depth }: SubgroupTiling,
) {
  const [rows, columns] = alongK ? [depth, tile] : [tile, depth];
  const pitch = columns + PADDING;
  const [k, other] = alongK ? ['row', 'column'] : ['column', 'row'];
  return {
    size: rows * pitch,
    pitch,
    order: (name === 'a' ? transposeA : transposeB) ? 'col_major' : 'row_major',
    offset: (place: string) => `u32(${alongK ? `k * ${pitch} + ${place}` : `(${place}) * ${pitch} + k`})`,
    load: `    for (var e = invocation; e < ${rows * columns}; e += ${SIDE * SIDE * subgroupSize}) {
      let row = e / ${columns};
      let column = e % ${columns};
      let k = firstK + ${k};
      let other = ${first} + ${other};
      var value = f16(0);
      if (k < uniforms.K && other < uniforms.${size}) {
        value = ${name}[uniforms.${name}Start + ${alongK ? 'k' : 'other'} * uniforms.${name}Pitch + ${alongK ? 'other' : 'k'}];
      }
      ${name}Tile[row * ${pitch} + column] = value;
    }`,
  };
}
