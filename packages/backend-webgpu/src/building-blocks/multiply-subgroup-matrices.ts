/**
 * Matrix product of halves by the matrix units: tiles lie in workgroup memory as they lie in the buffers, each subgroup computes its part of the
 * result's tile. While the units work on one tile, the next is on its way into registers, 16 bytes a read.
 *
 * Source: WGSL extension chromium_experimental_subgroup_matrix (Dawn).
 * Shapes: see multiply-tiles.ts; rows of both operands begin at whole 16-byte words and end in zeros where they are not whole words (`isWhole`); a
 * subgroup keeps an array of [M, N] sums of the matrix instruction.
 */
import type { SubgroupMatrix } from '../products/products.ts';
import type { Shader } from '../runtime/run-shader.ts';
import { HALVES_PER_WORD, type MatrixPart } from './halves.ts';
import { caseKey, MULTIPLY_UNIFORMS, type MultiplyCase, storeFunction } from './multiply-case.ts';
import type { TilingLimits } from './tilings.ts';

/** Halves after each row in workgroup memory, so that rows begin in different banks. */
const PADDING = 8;

export interface SubgroupTiling {
  /** Rows and columns of the result that a workgroup computes. */
  readonly tile: number;
  readonly depth: number;
  /** Subgroups along the rows and along the columns of the tile. */
  readonly subgroups: readonly [number, number];
}

/** Best first; with an instruction of 16 x 16 they take 44, 28, 22 and 14 KiB. */
const TILINGS: readonly SubgroupTiling[] = [
  { tile: 128, depth: 64, subgroups: [2, 4] },
  { tile: 128, depth: 32, subgroups: [2, 4] },
  { tile: 64, depth: 64, subgroups: [2, 2] },
  { tile: 64, depth: 32, subgroups: [2, 2] },
];
const SMALLEST_TILE = 64;
const MIN_LARGE_TILES = 96;

/** @throws Error when the instruction divides no tile that the adapter holds: `subgroupTilings` says so beforehand */
export function chooseSubgroupTiling(
  matrix: SubgroupMatrix,
  M: number,
  N: number,
  limits: TilingLimits,
): SubgroupTiling {
  const fitting = subgroupTilings(matrix, limits);
  const isFilled = ({ tile }: SubgroupTiling) =>
    tile === SMALLEST_TILE || (Math.min(M, N) >= tile && Math.ceil(M / tile) * Math.ceil(N / tile) >= MIN_LARGE_TILES);
  const chosen = fitting.find(isFilled) ?? fitting.at(-1);
  if (chosen === undefined) throw new Error('[@marco-ts/backend-webgpu] chooseSubgroupTiling: no tile fits.');
  return chosen;
}

/** Those that the instruction divides and the adapter holds. */
export function subgroupTilings(matrix: SubgroupMatrix, limits: TilingLimits): SubgroupTiling[] {
  return TILINGS.filter((tiling) => {
    const { tile, depth, subgroups } = tiling;
    const [down, across] = subgroups;
    return (
      tile % (down * matrix.M) === 0 &&
      tile % (across * matrix.N) === 0 &&
      depth % matrix.K === 0 &&
      (tile * depth) % (HALVES_PER_WORD * invocations(tiling, matrix)) === 0 &&
      workgroupBytes(tiling, matrix) <= limits.maxComputeWorkgroupStorageSize &&
      invocations(tiling, matrix) <= limits.maxComputeInvocationsPerWorkgroup
    );
  });
}

function invocations({ subgroups: [down, across] }: SubgroupTiling, { subgroupSize }: SubgroupMatrix): number {
  return down * across * subgroupSize;
}

function workgroupBytes({ tile, depth, subgroups: [down, across] }: SubgroupTiling, { M, N }: SubgroupMatrix): number {
  const operand = Math.max(tile * (depth + PADDING), depth * (tile + PADDING));
  return 2 * 2 * operand + 4 * down * across * M * N;
}

/** Whether every row of a matrix of halves can be read by 16-byte words. @param columns of its rows, without zeros after them */
export function isWhole({ start, pitch }: MatrixPart, columns: number): boolean {
  return [start, pitch, columns].every((count) => count % HALVES_PER_WORD === 0);
}

export function subgroupProductShader(what: MultiplyCase, matrix: SubgroupMatrix, tiling: SubgroupTiling): Shader {
  const { transposeA, transposeB, lastStep } = what;
  const {
    tile,
    depth,
    subgroups: [down, across],
  } = tiling;
  const { M, N, K, subgroupSize } = matrix;
  const [partRows, partColumns] = [tile / down, tile / across];
  const rows = Array.from({ length: partRows / M }, (_, row) => row);
  const columns = Array.from({ length: partColumns / N }, (_, column) => column);
  const each = (write: (row: number, column: number) => string) =>
    rows.flatMap((row) => columns.map((column) => write(row, column))).join('\n');
  // A is [M, K] row by row, or stored as [K, M]; B is [K, N], or stored as [N, K].
  const numInvocations = invocations(tiling, matrix);
  const aTile = operandTile('a', 'M', 'firstRow', transposeA, transposeA, tiling, numInvocations);
  const bTile = operandTile('b', 'N', 'firstColumn', !transposeB, transposeB, tiling, numInvocations);
  const [left, right, sum] = [
    `subgroup_matrix_left<f16, ${K}, ${M}>`,
    `subgroup_matrix_right<f16, ${N}, ${K}>`,
    `subgroup_matrix_result<f32, ${N}, ${M}>`,
  ];
  return {
    key: `MarcoMultiply matrices ${M} ${N} ${K} ${subgroupSize} ${caseKey(what)} ${tile} ${depth}`,
    usesSubgroups: true,
    enables: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
    outputs: { result: 'f32' },
    inputs: { a: 'vec4<u32>', b: 'vec4<u32>', aUnit: 'f32', bUnit: 'f32', ...lastStep?.inputs },
    uniforms: { ...MULTIPLY_UNIFORMS, ...lastStep?.uniforms },
    // As many invocations along x as a subgroup has: each row of them is one.
    workgroupSize: [subgroupSize, down * across],
    code: () => `
var<workgroup> aTile: array<f16, ${aTile.size}>;
var<workgroup> bTile: array<f16, ${bTile.size}>;
var<workgroup> sums: array<f32, ${down * across * M * N}>;
${storeFunction(what, 'f16')}
${aTile.functions}
${bTile.functions}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>, subgroupId: u32) {
  let subgroup = i32(subgroupId);
  let invocation = subgroup * ${subgroupSize} + i32(local.x);
  let firstRow = i32(group.y) * ${tile};
  let firstColumn = i32(group.x) * ${tile};
  let partRow = (subgroup / ${across}) * ${partRows};
  let partColumn = (subgroup % ${across}) * ${partColumns};
${each((row, column) => `  var sum${row}_${column} = ${sum}();`)}
${aTile.read('var', '0')}
${bTile.read('var', '0')}
  for (var firstK = 0; firstK < uniforms.K; firstK += ${depth}) {
    workgroupBarrier();
${aTile.put}
${bTile.put}
    workgroupBarrier();
${aTile.read('', `firstK + ${depth}`)}
${bTile.read('', `firstK + ${depth}`)}
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
  isTransposed: boolean,
  { tile, depth }: SubgroupTiling,
  numInvocations: number,
) {
  const [rows, columns] = alongK ? [depth, tile] : [tile, depth];
  const [firstStoredRow, firstStoredColumn] = alongK ? ['firstK', first] : [first, 'firstK'];
  const [numRows, numColumns] = alongK ? ['K', size] : [size, 'K'];
  const pitch = columns + PADDING;
  const wordsPerRow = columns / HALVES_PER_WORD;
  const numWords = (rows * wordsPerRow) / numInvocations;
  const words = Array.from({ length: numWords }, (_, word) => word);
  const place = (word: number) => `invocation + ${word * numInvocations}`;
  return {
    size: rows * pitch,
    pitch,
    order: isTransposed ? 'col_major' : 'row_major',
    offset: (inTile: string) => `u32(${alongK ? `k * ${pitch} + ${inTile}` : `(${inTile}) * ${pitch} + k`})`,
    functions: `
fn ${name}Word(word: i32, ${first}: i32, firstK: i32) -> vec4<u32> {
  let row = ${firstStoredRow} + word / ${wordsPerRow};
  let column = ${firstStoredColumn} + (word % ${wordsPerRow}) * ${HALVES_PER_WORD};
  if (row >= uniforms.${numRows} || column >= uniforms.${numColumns}) { return vec4<u32>(); }
  return ${name}[(uniforms.${name}Start + row * uniforms.${name}Pitch + column) / ${HALVES_PER_WORD}];
}
fn put${name.toUpperCase()}(word: i32, value: vec4<u32>) {
  // Bounded once, so that the compiler needs no bounds at each of the eight.
  let place = min(u32((word / ${wordsPerRow}) * ${pitch} + (word % ${wordsPerRow}) * ${HALVES_PER_WORD}), ${rows * pitch - HALVES_PER_WORD}u);
${['x', 'y', 'z', 'w']
  .map(
    (lane, at) => `  let ${lane} = bitcast<vec2<f16>>(value.${lane});
  ${name}Tile[place + ${2 * at}] = ${lane}.x;
  ${name}Tile[place + ${2 * at + 1}] = ${lane}.y;`,
  )
  .join('\n')}
}`,
    /** @param declare `var` where the words are first named */
    read: (declare: string, firstK: string) =>
      words.map((word) => `  ${declare} ${name}${word} = ${name}Word(${place(word)}, ${first}, ${firstK});`).join('\n'),
    put: words.map((word) => `    put${name.toUpperCase()}(${place(word)}, ${name}${word});`).join('\n'),
  };
}
