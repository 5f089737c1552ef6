/**
 * MarcoAttention: causal grouped-query attention over packed documents, never the L x S matrix.
 *
 * Source: Dao 2023, arXiv:2307.08691 (FlashAttention-2); online softmax of Milakov and Gimelshein 2018, arXiv:1805.02867.
 * Shapes: q, out [B, L, N, H], k, v [B, S, K, H], querySegmentIds [B, L], keySegmentIds [B, S], logSumExp [B, N, L].
 * One workgroup per 32 queries of a head passes over the keys up to its diagonal, 32 at a time, and skips tiles that no query sees.
 * A query that sees no key gives 0 and a log-sum-exp of -Infinity.
 */

import {
  addWeightedRows,
  numAccumulators,
  PLACE,
  productTile,
  SIDE,
  storeRows,
  TILE,
  TILE_MEMORY,
} from '../building-blocks/attention-tiles.ts';
import { allocate, runShader, type Shader } from '../runtime/run-shader.ts';
import { type AttentionSizes, expectAttentionShapes } from './expect-attention-shapes.ts';
import { expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const LANES = 'xyzw';
const ROWS = [0, 1, 2, 3] as const;

export const ATTENTION_UNIFORMS = { L: 'i32', S: 'i32', N: 'i32', K: 'i32', scale: 'f32' } as const;

const forward = (H: number): Shader => ({
  key: `MarcoAttention H${H}`,
  outputs: { out: 'f32', logSumExp: 'f32' },
  inputs: { q: 'f32', k: 'f32', v: 'f32', querySegmentIds: 'i32', keySegmentIds: 'i32' },
  uniforms: ATTENTION_UNIFORMS,
  workgroupSize: [SIDE, SIDE],
  code: () => `
${TILE_MEMORY}
var<workgroup> rowParts: array<array<f32, ${SIDE}>, ${TILE}>;
${productTile('scoresOf', 'q', 'k', H)}
${addWeightedRows('addValues', 'v', H, false)}

// The largest and the sum of one value per invocation over each of the 4 rows; all invocations of a row get it.
${rowReduction('rowMax', 'max(whole, part)')}
${rowReduction('rowSum', 'whole + part')}

fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let head = i32(group.y);
  let batch = i32(group.z);
  let keyHead = head / (uniforms.N / uniforms.K);
  let firstQuery = i32(group.x) * ${TILE};
  let numQueries = min(uniforms.L - firstQuery, ${TILE});
  let queryPitch = uniforms.N * ${H};
  let keyPitch = uniforms.K * ${H};
  let queryStart = ((batch * uniforms.L + firstQuery) * uniforms.N + head) * ${H};
  let past = uniforms.S - uniforms.L;
  let queries = firstQuery + rowsOf(local);
  var queryIds = vec4<i32>(-1);
${ROWS.map((i) => `  if (queries.${LANES[i]} < uniforms.L) { queryIds.${LANES[i]} = querySegmentIds[batch * uniforms.L + queries.${LANES[i]}]; }`).join('\n')}
  var largest = vec4<f32>(-1e30);
  var sums = vec4<f32>(0.0);
  var rows: array<vec4<f32>, ${numAccumulators(H)}>;

  for (var firstKey = 0; firstKey < firstQuery + numQueries + past; firstKey += ${TILE}) {
    let keys = firstKey + columnsOf(local);
    var keyIds = vec4<i32>(-2);
${ROWS.map((j) => `    if (keys.${LANES[j]} < uniforms.S) { keyIds.${LANES[j]} = keySegmentIds[batch * uniforms.S + keys.${LANES[j]}]; }`).join('\n')}
    let visible = visibility(queryIds, queries + past, keyIds, keys);
    if (!tileIsVisible(visible, local)) { continue; }
    let keyStart = ((batch * uniforms.S + firstKey) * uniforms.K + keyHead) * ${H};
    let numKeys = uniforms.S - firstKey;
    var tile = scoresOf(queryStart, queryPitch, numQueries, keyStart, keyPitch, numKeys, local);
${ROWS.map((i) => `    tile.r${i} = select(vec4<f32>(-1e30), tile.r${i} * uniforms.scale, visible.r${i});`).join('\n')}
    let next = max(largest, rowMax(vec4<f32>(${ROWS.map((i) => `max(max(tile.r${i}.x, tile.r${i}.y), max(tile.r${i}.z, tile.r${i}.w))`).join(', ')}), local));
    let fade = exp(largest - next);
    largest = next;
${ROWS.map((i) => `    tile.r${i} = select(vec4<f32>(0.0), exp(tile.r${i} - next.${LANES[i]}), visible.r${i});`).join('\n')}
    sums = sums * fade + vec4<f32>(${ROWS.map((i) => `dot(tile.r${i}, vec4<f32>(1.0))`).join(', ')});
    for (var block = 0; block < ${numAccumulators(H)}; block += 4) {
${ROWS.map((i) => `      rows[block + ${i}] *= fade.${LANES[i]};`).join('\n')}
    }
    putWeights(tile, local);
    addValues(&rows, keyStart, keyPitch, numKeys, local);
  }

  let total = rowSum(sums, local);
  let isEmpty = total == vec4<f32>(0.0);
  let inverse = select(1.0 / total, vec4<f32>(0.0), isEmpty);
${storeRows('out', 'rows', H, { start: 'queryStart', pitch: 'queryPitch', count: 'numQueries' }, (i) => `inverse.${LANES[i]}`)}
  let logSums = select(largest + log(total), vec4<f32>(-uniforms.infinity), isEmpty);
  if (local.x == 0u) {
    let start = (batch * uniforms.N + head) * uniforms.L;
${ROWS.map((i) => `    if (queries.${LANES[i]} < uniforms.L) { logSumExp[start + queries.${LANES[i]}] = logSums.${LANES[i]}; }`).join('\n')}
  }
}`,
});

function rowReduction(name: string, combine: string): string {
  const at = (row: number, lane: string) => `rowParts[y + ${SIDE * row}][${lane}]`;
  return `
fn ${name}(own: vec4<f32>, local: vec2<u32>) -> vec4<f32> {
${PLACE}  workgroupBarrier();
${ROWS.map((i) => `  ${at(i, 'x')} = own.${LANES[i]};`).join('\n')}
  workgroupBarrier();
  var whole = vec4<f32>(${ROWS.map((i) => at(i, '0')).join(', ')});
  for (var lane = 1; lane < ${SIDE}; lane++) {
    let part = vec4<f32>(${ROWS.map((i) => at(i, 'lane')).join(', ')});
    whole = ${combine};
  }
  return whole;
}`;
}

export function attentionUniforms({ L, S, N, K }: AttentionSizes, scale: number): Record<string, number> {
  return { L, S, N, K, scale };
}

export const attention: WebGpuKernel = ({ inputs, attrs, backend }) => {
  const sizes = expectAttentionShapes('MarcoAttention', inputs, {});
  const scale = expectNumber('MarcoAttention', attrs, 'scale');
  const { B, L, N, H } = sizes;
  const outputs = [allocate(backend, [B, L, N, H]), allocate(backend, [B, N, L])];
  runShader(backend, forward(H), {
    outputs,
    inputs: ['q', 'k', 'v', 'querySegmentIds', 'keySegmentIds'].map((name) => input(inputs, name)),
    uniforms: attentionUniforms(sizes, scale),
    workgroups: [Math.ceil(L / TILE), N, B],
  });
  return outputs;
};
