/**
 * MarcoAttentionGrad: the probabilities are computed again tile by tile from the log-sum-exp, for dq along the keys and for dk and dv
 * along the queries, so that no two workgroups write to one place: the same bits on every run. Where query heads share a key head, each gives its
 * own dk and dv, which are added in their order.
 *
 * Source: Dao 2023, arXiv:2307.08691 (FlashAttention-2, backward pass).
 * Shapes: dout, q, out, dq [B, L, N, H], k, v, dk, dv [B, S, K, H], logSumExp [B, N, L], stats [B, N, L, 3].
 * With P the probabilities and Δ = rowsum(dout ∘ out): dv = Pᵀ dout, dS = scale P ∘ (dout vᵀ − Δ), dq = dS k, dk = dSᵀ q.
 */

import {
  addWeightedRows,
  numAccumulators,
  productTile,
  SIDE,
  storeRows,
  TILE,
  TILE_MEMORY,
} from '../building-blocks/attention-tiles.ts';
import { fillZeros } from '../building-blocks/fill-zeros.ts';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { ATTENTION_UNIFORMS, attentionUniforms } from './attention.ts';
import { expectAttentionShapes } from './expect-attention-shapes.ts';
import { expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

const LANES = 'xyzw';
const ROWS = [0, 1, 2, 3] as const;
const STATS_SIZE = 64;

/**
 * One triple of words per query of a head: log-sum-exp and Δ by their bits, and the segment id. Together they take one binding, and
 * adapters need offer only eight.
 */
const stats = (H: number): Shader => ({
  key: `MarcoAttentionGrad.stats H${H}`,
  outputs: { stats: 'i32' },
  inputs: { dout: 'f32', out: 'f32', logSumExp: 'f32', querySegmentIds: 'i32' },
  uniforms: { L: 'i32', N: 'i32', rows: 'i32' },
  workgroupSize: [STATS_SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let row = flatIndex(group, groups) * ${STATS_SIZE} + i32(local.x);
  if (row >= uniforms.rows) { return; }
  let head = row % uniforms.N;
  let query = row / uniforms.N;
  var delta = 0.0;
  for (var h = row * ${H}; h < (row + 1) * ${H}; h++) { delta += dout[h] * out[h]; }
  let place = ((query / uniforms.L) * uniforms.N + head) * uniforms.L + query % uniforms.L;
  stats[3 * place] = bitcast<i32>(logSumExp[place]);
  stats[3 * place + 1] = bitcast<i32>(delta);
  stats[3 * place + 2] = querySegmentIds[query];
}`,
});

/** Reads the stats of the 4 queries of an invocation, whose first has index `first` in [B, N, L]. */
const READ_STATS = `
struct Stats { logSumExp: vec4<f32>, delta: vec4<f32>, segmentIds: vec4<i32> }
fn readStats(first: i32, count: i32, local: vec2<u32>) -> Stats {
  var result = Stats(vec4<f32>(0.0), vec4<f32>(0.0), vec4<i32>(-1));
  let rows = rowsOf(local);
${ROWS.map((i) => {
  const lane = LANES[i];
  return `  if (rows.${lane} < count) {
    let place = 3 * (first + rows.${lane});
    result.logSumExp.${lane} = bitcast<f32>(stats[place]);
    result.delta.${lane} = bitcast<f32>(stats[place + 1]);
    result.segmentIds.${lane} = stats[place + 2];
  }`;
}).join('\n')}
  return result;
}`;

const readKeyIds = (indent: string) =>
  ROWS.map(
    (j) =>
      `${indent}if (keys.${LANES[j]} < uniforms.S) { keyIds.${LANES[j]} = keySegmentIds[batch * uniforms.S + keys.${LANES[j]}]; }`,
  ).join('\n');

/** `tile` becomes the probabilities; then, with `products` = dout vᵀ, the gradients of the scores. */
const PROBABILITIES = ROWS.map(
  (i) =>
    `tile.r${i} = select(vec4<f32>(0.0), exp(tile.r${i} * uniforms.scale - row.logSumExp.${LANES[i]}), visible.r${i});`,
).join('\n');
const SCORE_GRADIENTS = ROWS.map(
  (i) => `tile.r${i} = uniforms.scale * tile.r${i} * (products.r${i} - row.delta.${LANES[i]});`,
).join('\n');

const gradQueries = (H: number): Shader => ({
  key: `MarcoAttentionGrad.dq H${H}`,
  outputs: { dq: 'f32' },
  inputs: { dout: 'f32', q: 'f32', k: 'f32', v: 'f32', stats: 'i32', keySegmentIds: 'i32' },
  uniforms: ATTENTION_UNIFORMS,
  workgroupSize: [SIDE, SIDE],
  code: () => `
${TILE_MEMORY}
${READ_STATS}
${productTile('scoresOf', 'q', 'k', H)}
${productTile('productsOf', 'dout', 'v', H)}
${addWeightedRows('addKeys', 'k', H, false)}
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
  let row = readStats((batch * uniforms.N + head) * uniforms.L + firstQuery, numQueries, local);
  var rows: array<vec4<f32>, ${numAccumulators(H)}>;
  for (var firstKey = 0; firstKey < firstQuery + numQueries + past; firstKey += ${TILE}) {
    let keys = firstKey + columnsOf(local);
    var keyIds = vec4<i32>(-2);
${readKeyIds('    ')}
    let visible = visibility(row.segmentIds, firstQuery + rowsOf(local) + past, keyIds, keys);
    if (!tileIsVisible(visible, local)) { continue; }
    let keyStart = ((batch * uniforms.S + firstKey) * uniforms.K + keyHead) * ${H};
    let numKeys = uniforms.S - firstKey;
    var tile = scoresOf(queryStart, queryPitch, numQueries, keyStart, keyPitch, numKeys, local);
    ${PROBABILITIES}
    let products = productsOf(queryStart, queryPitch, numQueries, keyStart, keyPitch, numKeys, local);
    ${SCORE_GRADIENTS}
    putWeights(tile, local);
    addKeys(&rows, keyStart, keyPitch, numKeys, local);
  }
${storeRows('dq', 'rows', H, { start: 'queryStart', pitch: 'queryPitch', count: 'numQueries' })}
}`,
});

const gradKeysAndValues = (H: number): Shader => ({
  key: `MarcoAttentionGrad.dkv H${H}`,
  outputs: { dk: 'f32', dv: 'f32' },
  inputs: { dout: 'f32', q: 'f32', k: 'f32', v: 'f32', stats: 'i32', keySegmentIds: 'i32' },
  uniforms: ATTENTION_UNIFORMS,
  workgroupSize: [SIDE, SIDE],
  code: () => `
${TILE_MEMORY}
${READ_STATS}
${productTile('scoresOf', 'q', 'k', H)}
${productTile('productsOf', 'dout', 'v', H)}
${addWeightedRows('addOutputs', 'dout', H, true)}
${addWeightedRows('addQueries', 'q', H, true)}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let head = i32(group.y);
  let batch = i32(group.z);
  let keyHead = head / (uniforms.N / uniforms.K);
  let firstKey = i32(group.x) * ${TILE};
  let numKeys = min(uniforms.S - firstKey, ${TILE});
  let queryPitch = uniforms.N * ${H};
  let keyPitch = uniforms.K * ${H};
  let keyStart = ((batch * uniforms.S + firstKey) * uniforms.K + keyHead) * ${H};
  let past = uniforms.S - uniforms.L;
  let keys = firstKey + columnsOf(local);
  var keyIds = vec4<i32>(-2);
${readKeyIds('  ')}
  var keyRows: array<vec4<f32>, ${numAccumulators(H)}>;
  var valueRows: array<vec4<f32>, ${numAccumulators(H)}>;
  let firstTile = max(firstKey - past, 0) / ${TILE};
  for (var firstQuery = firstTile * ${TILE}; firstQuery < uniforms.L; firstQuery += ${TILE}) {
    let numQueries = min(uniforms.L - firstQuery, ${TILE});
    let row = readStats((batch * uniforms.N + head) * uniforms.L + firstQuery, numQueries, local);
    let visible = visibility(row.segmentIds, firstQuery + rowsOf(local) + past, keyIds, keys);
    if (!tileIsVisible(visible, local)) { continue; }
    let queryStart = ((batch * uniforms.L + firstQuery) * uniforms.N + head) * ${H};
    var tile = scoresOf(queryStart, queryPitch, numQueries, keyStart, keyPitch, numKeys, local);
    ${PROBABILITIES}
    putWeights(tile, local);
    addOutputs(&valueRows, queryStart, queryPitch, numQueries, local);
    let products = productsOf(queryStart, queryPitch, numQueries, keyStart, keyPitch, numKeys, local);
    ${SCORE_GRADIENTS}
    putWeights(tile, local);
    addQueries(&keyRows, queryStart, queryPitch, numQueries, local);
  }
  let headStart = ((batch * uniforms.S + firstKey) * uniforms.N + head) * ${H};
${storeRows('dk', 'keyRows', H, { start: 'headStart', pitch: 'queryPitch', count: 'numKeys' })}
${storeRows('dv', 'valueRows', H, { start: 'headStart', pitch: 'queryPitch', count: 'numKeys' })}
}`,
});

/** [rows, N, H] to [rows, K, H]: the sum over the query heads of each key head. */
const addHeads: Shader = {
  key: 'MarcoAttentionGrad.heads',
  outputs: { dk: 'f32', dv: 'f32' },
  inputs: { dkByHead: 'f32', dvByHead: 'f32' },
  uniforms: { H: 'i32', headsPerKey: 'i32', size: 'i32' },
  workgroupSize: [STATS_SIZE, 1],
  code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let e = flatIndex(group, groups) * ${STATS_SIZE} + i32(local.x);
  if (e >= uniforms.size) { return; }
  let first = (e / uniforms.H) * uniforms.headsPerKey * uniforms.H + e % uniforms.H;
  var keySum = 0.0;
  var valueSum = 0.0;
  for (var head = 0; head < uniforms.headsPerKey; head++) {
    keySum += dkByHead[first + head * uniforms.H];
    valueSum += dvByHead[first + head * uniforms.H];
  }
  dk[e] = keySum;
  dv[e] = valueSum;
}`,
};

export const attentionGrad: WebGpuKernel = ({ inputs, attrs, backend }) => {
  const sizes = expectAttentionShapes('MarcoAttentionGrad', inputs, {
    dout: { shape: 'BLNH' },
    out: { shape: 'BLNH' },
    logSumExp: { shape: 'BNL' },
  });
  const scale = expectNumber('MarcoAttentionGrad', attrs, 'scale');
  const { B, L, S, N, K, H } = sizes;
  const dq = allocate(backend, [B, L, N, H]);
  const dk = allocate(backend, [B, S, K, H]);
  const dv = allocate(backend, [B, S, K, H]);
  if (B * L === 0) {
    fillZeros(backend, dk);
    fillZeros(backend, dv);
    return [dq, dk, dv];
  }
  const rowStats = allocate(backend, [B, N, L, 3], 'int32');
  runShader(backend, stats(H), {
    outputs: [rowStats],
    inputs: ['dout', 'out', 'logSumExp', 'querySegmentIds'].map((name) => input(inputs, name)),
    uniforms: { L, N, rows: B * L * N },
    workgroups: spread(backend, Math.ceil((B * L * N) / STATS_SIZE)),
  });
  const common = {
    inputs: [...['dout', 'q', 'k', 'v'].map((name) => input(inputs, name)), rowStats, input(inputs, 'keySegmentIds')],
    uniforms: attentionUniforms(sizes, scale),
  };
  runShader(backend, gradQueries(H), { ...common, outputs: [dq], workgroups: [Math.ceil(L / TILE), N, B] });
  const byHead = N === K ? [dk, dv] : [allocate(backend, [B, S, N, H]), allocate(backend, [B, S, N, H])];
  runShader(backend, gradKeysAndValues(H), { ...common, outputs: byHead, workgroups: [Math.ceil(S / TILE), N, B] });
  if (N !== K) {
    runShader(backend, addHeads, {
      outputs: [dk, dv],
      inputs: byHead,
      uniforms: { H, headsPerKey: N / K, size: B * S * K * H },
      workgroups: spread(backend, Math.ceil((B * S * K * H) / STATS_SIZE)),
    });
    for (const { dataId } of byHead) backend.disposeData(dataId);
  }
  backend.disposeData(rowStats.dataId);
  return [dq, dk, dv];
};
