/**
 * WGSL that the attention kernels share: products of 32 x 32 tiles between 64 invocations, each of which holds 4 x 4 values.
 *
 * Source: Dao 2023, arXiv:2307.08691 (FlashAttention-2: which tiles meet in which loop).
 * Shapes: an invocation (x, y) holds rows y + 8i and columns x + 8j, i and j below 4. Workgroup memory is below 14 KiB, so that every
 * adapter has it.
 */

/** Queries and keys of one tile. */
export const TILE = 32;
/** Invocations along one side of the workgroup. */
export const SIDE = 8;
const DEPTH = 16;
const INVOCATIONS = SIDE * SIDE;
const ROWS = [0, 1, 2, 3] as const;
const LANES = 'xyzw';

/** Bounded once in a function, so that the compiler needs no bounds wherever it reads workgroup memory. */
export const PLACE = `  let x = i32(min(local.x, ${SIDE - 1}u));
  let y = i32(min(local.y, ${SIDE - 1}u));
`;

/** Accumulators of one invocation for a [TILE, H] result: 4 rows of each block of TILE columns. */
export const numAccumulators = (headSize: number): number => 4 * columnBlocks(headSize);

const columnBlocks = (headSize: number): number => Math.ceil(headSize / TILE);

/** Declarations that every attention kernel needs once, and `tileIsVisible`, which lets a workgroup skip a tile as one. */
export const TILE_MEMORY = `
struct Tile { r0: vec4<f32>, r1: vec4<f32>, r2: vec4<f32>, r3: vec4<f32> }
struct Visible { r0: vec4<bool>, r1: vec4<bool>, r2: vec4<bool>, r3: vec4<bool> }
var<workgroup> left: array<array<f32, ${DEPTH + 1}>, ${TILE}>;
var<workgroup> right: array<array<f32, ${DEPTH + 1}>, ${TILE}>;
var<workgroup> weights: array<array<f32, ${TILE + 1}>, ${TILE}>;
var<workgroup> values: array<array<f32, ${TILE + 1}>, ${TILE}>;
var<workgroup> anyVisible: atomic<u32>;
var<workgroup> tileVisible: u32;

fn tileIsVisible(visible: Visible, local: vec2<u32>) -> bool {
  let isFirst = local.x == 0u && local.y == 0u;
  if (isFirst) { atomicStore(&anyVisible, 0u); }
  workgroupBarrier();
  if (any(visible.r0) || any(visible.r1) || any(visible.r2) || any(visible.r3)) { atomicOr(&anyVisible, 1u); }
  workgroupBarrier();
  if (isFirst) { tileVisible = atomicLoad(&anyVisible); }
  return workgroupUniformLoad(&tileVisible) != 0u;
}

// Which keys each query sees: of its own segment, which is no padding, and not after it. Rows and keys beyond the end have segments
// that equal no other.
fn visibility(queryIds: vec4<i32>, lastKeys: vec4<i32>, keyIds: vec4<i32>, keys: vec4<i32>) -> Visible {
  return Visible(${ROWS.map((i) => {
    const [id, last] = [`vec4<i32>(queryIds.${LANES[i]})`, `vec4<i32>(lastKeys.${LANES[i]})`];
    return `\n    (${id} == keyIds) & (${id} >= vec4<i32>(0)) & (keys <= ${last})`;
  }).join(',')});
}

fn rowsOf(local: vec2<u32>) -> vec4<i32> { return i32(local.y) + vec4<i32>(0, ${SIDE}, ${2 * SIDE}, ${3 * SIDE}); }
fn columnsOf(local: vec2<u32>) -> vec4<i32> { return i32(local.x) + vec4<i32>(0, ${SIDE}, ${2 * SIDE}, ${3 * SIDE}); }

fn putWeights(tile: Tile, local: vec2<u32>) {
${PLACE}${ROWS.flatMap((i) => ROWS.map((j) => `  weights[y + ${SIDE * i}][x + ${SIDE * j}] = tile.r${i}.${LANES[j]};`)).join('\n')}
}`;

/**
 * @param name the function: `name(rowStart, rowPitch, numRows, columnStart, columnPitch, numColumns, local)` gives the products of the
 *   tile's rows with its columns, both read along H; what lies beyond the end counts as 0
 */
export function productTile(name: string, rowBuffer: string, columnBuffer: string, headSize: number): string {
  const load = (buffer: string, kind: string, count: string) => `
      var ${kind}Value = 0.0;
      if (r < ${count} && h0 + h < ${headSize}) { ${kind}Value = ${buffer}[${kind}Start + r * ${kind}Pitch + h0 + h]; }`;
  const at = (array: string, lane: string, row: number) => `${array}[${lane} + ${SIDE * row}][h]`;
  return `
fn ${name}(rowStart: i32, rowPitch: i32, numRows: i32, columnStart: i32, columnPitch: i32, numColumns: i32,
    local: vec2<u32>) -> Tile {
  var tile: Tile;
${PLACE}  for (var h0 = 0; h0 < ${headSize}; h0 += ${DEPTH}) {
    workgroupBarrier();
    for (var i = 0; i < ${(TILE * DEPTH) / INVOCATIONS}; i++) {
      let e = (i * ${SIDE} + y) * ${SIDE} + x;
      let r = e / ${DEPTH};
      let h = e % ${DEPTH};${load(rowBuffer, 'row', 'numRows')}${load(columnBuffer, 'column', 'numColumns')}
      left[r][h] = rowValue;
      right[r][h] = columnValue;
    }
    workgroupBarrier();
    for (var h = 0; h < ${DEPTH}; h++) {
      let column = vec4<f32>(${ROWS.map((j) => at('right', 'x', j)).join(', ')});
${ROWS.map((i) => `      tile.r${i} += ${at('left', 'y', i)} * column;`).join('\n')}
    }
  }
  return tile;
}`;
}

/**
 * @param name the function: `name(&sums, start, pitch, count, local)` adds weights · rows to the [TILE, H] result, where `weights` were
 *   put by every invocation and the rows are those of `buffer`; with `transposed`, weightsᵀ · rows
 */
export function addWeightedRows(name: string, buffer: string, headSize: number, transposed: boolean): string {
  const weight = (row: number) => (transposed ? `weights[j][y + ${SIDE * row}]` : `weights[y + ${SIDE * row}][j]`);
  const value = (column: number) => `values[j][x + ${SIDE * column}]`;
  const block = (index: number) => `
  workgroupBarrier();
  for (var i = 0; i < ${TILE ** 2 / INVOCATIONS}; i++) {
    let e = (i * ${SIDE} + y) * ${SIDE} + x;
    let r = e / ${TILE};
    let h = ${index * TILE} + e % ${TILE};
    var value = 0.0;
    if (r < count && h < ${headSize}) { value = ${buffer}[start + r * pitch + h]; }
    values[r][e % ${TILE}] = value;
  }
  workgroupBarrier();
  for (var j = 0; j < ${TILE}; j++) {
    let row = vec4<f32>(${ROWS.map(value).join(', ')});
${ROWS.map((i) => `    (*sums)[${4 * index + i}] += ${weight(i)} * row;`).join('\n')}
  }`;
  return `
fn ${name}(sums: ptr<function, array<vec4<f32>, ${numAccumulators(headSize)}>>, start: i32, pitch: i32, count: i32,
    local: vec2<u32>) {
${PLACE}${Array.from({ length: columnBlocks(headSize) }, (_, index) => block(index)).join('\n')}
}`;
}

/** Statements that write a [TILE, H] result; `start`, `pitch` and `count` name values in scope, `factor(i)` multiplies row i. */
export function storeRows(
  buffer: string,
  sums: string,
  headSize: number,
  names: { start: string; pitch: string; count: string },
  factor: (row: number) => string = () => '1.0',
): string {
  const blocks = Array.from({ length: columnBlocks(headSize) }, (_, index) => index);
  return ROWS.map(
    (i) => `
  if (i32(local.y) + ${SIDE * i} < ${names.count}) {
    let start = ${names.start} + (i32(local.y) + ${SIDE * i}) * ${names.pitch};
${blocks
  .flatMap((block) =>
    ROWS.map((j) => {
      const column = `i32(local.x) + ${TILE * block + SIDE * j}`;
      return `    if (${column} < ${headSize}) { ${buffer}[start + ${column}] = ${sums}[${4 * block + i}].${LANES[j]} * ${factor(i)}; }`;
    }),
  )
  .join('\n')}
  }`,
  ).join('');
}
