/**
 * Causal grouped-query attention with document masks, tile by tile: the L x S matrix never exists.
 *
 * Source: Dao 2023, FlashAttention-2, arXiv:2307.08691 (online softmax, row log-sum-exp kept for the backward pass).
 * Shapes: q, out [B, L, N, H]; k, v [B, S, K, H]; query segments [B, L], key segments [B, S]; logSumExp [B, N, L].
 * Query i sits at key position i + (S - L); it sees keys not after it with its own segment id, if that is not negative.
 *
 * Slots: 0 q, 1 k, 2 v, 3 query segments, 4 key segments, 5 out, 6 logSumExp, 7 B, 8 L, 9 S, 10 N, 11 K, 12 H, 13 scale, 14 tile rows, 15 tile keys,
 * 16 packed k, 17 packed v, 18 scratch, 19 scratch bytes per thread.
 */
import { paramFloat, paramInt, paramPointer } from '../layout';
import { multiplyPacked, multiplyPart } from '../matrix/micro-kernel';
import { packBlockA, packBlockB, paddedColumns } from '../matrix/pack';
import { clearRow, expRow, maxRow, NEGLIGIBLE, scaleRow } from '../reduce';
import { expScalar, horizontalSum, madd } from '../simd';

/** Smallest id of a run, negatives included. */
function smallest(ids: usize, n: i32): i32 {
  let result = i32.MAX_VALUE;
  for (let i = 0; i < n; i++) result = min(result, load<i32>(ids + (<usize>i << 2)));
  return result;
}

function largest(ids: usize, n: i32): i32 {
  let result = i32.MIN_VALUE;
  for (let i = 0; i < n; i++) result = max(result, load<i32>(ids + (<usize>i << 2)));
  return result;
}

/** Nothing in the tile is visible. */
export const HIDDEN: i32 = 0;
/** All of it is. */
export const OPEN: i32 = 1;
/** One document: each row sees a first part of the keys. */
export const EDGE: i32 = 2;
/** Documents change inside the tile. */
export const MIXED: i32 = 3;

/** What a tile needs. Its rows start at key position `position`. */
export function tileKind(querySegments: usize, rows: i32, position: i32, keySegments: usize, firstKey: i32, keys: i32): i32 {
  if (firstKey > position + rows - 1) return HIDDEN;
  const queryMin = smallest(querySegments, rows);
  const queryMax = largest(querySegments, rows);
  const keyMin = smallest(keySegments, keys);
  const keyMax = largest(keySegments, keys);
  if (queryMax < 0 || keyMax < 0 || max(queryMin, 0) > keyMax || max(keyMin, 0) > queryMax) return HIDDEN;
  if (queryMin != queryMax || keyMin != keyMax) return MIXED;
  return firstKey + keys - 1 <= position ? OPEN : EDGE;
}

/**
 * Puts -Infinity where a query may not look.
 * @returns how many keys from the first on are still of interest
 */
export function maskRow(kind: i32, scores: usize, segment: i32, keySegments: usize, keys: i32, reach: i32): i32 {
  if (kind == OPEN) return keys;
  const visible = max(0, min(keys, reach));
  if (kind == EDGE) return visible;
  if (segment < 0) return 0;
  const hidden = f32x4.splat(-Infinity);
  const own = i32x4.splat(segment);
  let j = 0;
  for (; j + 4 <= visible; j += 4) {
    const at = <usize>j << 2;
    const same = i32x4.eq(v128.load(keySegments + at), own);
    v128.store(scores + at, v128.bitselect(v128.load(scores + at), hidden, same));
  }
  for (; j < visible; j++) {
    if (load<i32>(keySegments + (<usize>j << 2)) != segment) store<f32>(scores + (<usize>j << 2), -Infinity);
  }
  return visible;
}

/** Packs one tile of keys and values of one key head. */
export function attentionPackTask(task: i32): void {
  const numKeys = paramInt(9);
  const keyHeads = paramInt(11);
  const size = paramInt(12);
  const tileKeys = paramInt(15);
  const tiles = (numKeys + tileKeys - 1) / tileKeys;
  const tile = task % tiles;
  const head = (task / tiles) % keyHeads;
  const batch = task / tiles / keyHeads;
  const first = tile * tileKeys;
  const keys = min(tileKeys, numKeys - first);
  const stride = <usize>keyHeads * (<usize>size << 2);
  const offset = (<usize>batch * <usize>numKeys + <usize>first) * stride + <usize>head * (<usize>size << 2);
  const padded = paddedColumns(size);
  const block = <usize>task * <usize>tileKeys;
  packBlockB(paramPointer(16) + block * (<usize>size << 2), paramPointer(1) + offset, stride, 1, keys, size);
  packBlockB(paramPointer(17) + block * (<usize>padded << 2), paramPointer(2) + offset, stride, 0, size, keys);
}

/** One tile of queries of one head. */
export function attentionTask(task: i32, thread: i32): void {
  const length = paramInt(8);
  const numKeys = paramInt(9);
  const heads = paramInt(10);
  const keyHeads = paramInt(11);
  const size = paramInt(12);
  const tileRows = paramInt(14);
  const tileKeys = paramInt(15);
  const rowTiles = (length + tileRows - 1) / tileRows;
  const tiles = (numKeys + tileKeys - 1) / tileKeys;
  const first = (rowTiles - 1 - (task % rowTiles)) * tileRows;
  const head = (task / rowTiles) % heads;
  const batch = task / rowTiles / heads;
  const rows = min(tileRows, length - first);
  const bytes = <usize>size << 2;
  const padded = <usize>paddedColumns(size) << 2;
  const stride = <usize>heads * bytes;
  const offset = (<usize>batch * <usize>length + <usize>first) * stride + <usize>head * bytes;
  const position = first + numKeys - length;
  const querySegments = paramPointer(3) + (<usize>(batch * length + first) << 2);
  const keySegments = paramPointer(4) + (<usize>(batch * numKeys) << 2);
  const keyHead = batch * keyHeads + head / (heads / keyHeads);

  const packedQ = paramPointer(18) + <usize>thread * paramPointer(19);
  const scores = packedQ + <usize>tileRows * bytes;
  const packedP = scores + <usize>tileRows * (<usize>tileKeys << 2);
  const sums = packedP + <usize>tileRows * (<usize>tileKeys << 2);
  const peaks = sums + (<usize>tileRows << 2);
  const out = paramPointer(5) + offset;
  const scoreStride = <usize>tileKeys << 2;

  packBlockA(packedQ, paramPointer(0) + offset, stride, 0, rows, size);
  scaleRow(packedQ, packedQ, ((rows + 5) / 6) * 6 * size, paramFloat(13));
  for (let i = 0; i < rows; i++) {
    store<f32>(sums + (<usize>i << 2), 0);
    store<f32>(peaks + (<usize>i << 2), -Infinity);
  }
  let isEmpty = 1;
  for (let tile = 0; tile < tiles; tile++) {
    const firstKey = tile * tileKeys;
    const packedKeys = min(tileKeys, numKeys - firstKey);
    const keys = min(packedKeys, position + rows - firstKey);
    if (keys <= 0) break;
    const segments = keySegments + (<usize>firstKey << 2);
    const kind = tileKind(querySegments, rows, position, segments, firstKey, keys);
    if (kind == HIDDEN) continue;
    const block = <usize>(keyHead * tiles + tile) * <usize>tileKeys;
    multiplyPacked(size, packedQ, paramPointer(16) + block * bytes, scores, scoreStride, rows, keys, 0, thread);
    for (let i = 0; i < rows; i++) {
      const row = scores + <usize>i * scoreStride;
      const visible = maskRow(kind, row, load<i32>(querySegments + (<usize>i << 2)), segments, keys, position + i - firstKey + 1);
      const before = load<f32>(peaks + (<usize>i << 2));
      const peak = max(before, maxRow(row, visible));
      if (peak == -Infinity) {
        clearRow(row, keys);
        continue;
      }
      const factor = before == peak ? <f32>1 : expScalar(before - peak);
      const sum = expRow(row, row, visible, 1, peak, NEGLIGIBLE);
      clearRow(row + (<usize>visible << 2), keys - visible);
      store<f32>(sums + (<usize>i << 2), load<f32>(sums + (<usize>i << 2)) * factor + sum);
      store<f32>(peaks + (<usize>i << 2), peak);
      if (factor != 1 && !isEmpty) scaleRow(out + <usize>i * stride, out + <usize>i * stride, size, factor);
    }
    packBlockA(packedP, scores, scoreStride, 0, rows, keys);
    multiplyPart(keys, packedP, paramPointer(17) + block * padded, packedKeys, out, stride, rows, size, 1 - isEmpty, thread);
    isEmpty = 0;
  }
  if (isEmpty) for (let i = 0; i < rows; i++) clearRow(out + <usize>i * stride, size);
  const logSumExp = paramPointer(6) + (<usize>((batch * heads + head) * length + first) << 2);
  for (let i = 0; i < rows; i++) {
    const sum = load<f32>(sums + (<usize>i << 2));
    if (sum == 0) {
      store<f32>(logSumExp + (<usize>i << 2), -Infinity);
    } else {
      scaleRow(out + <usize>i * stride, out + <usize>i * stride, size, <f32>1 / sum);
      store<f32>(logSumExp + (<usize>i << 2), load<f32>(peaks + (<usize>i << 2)) + Mathf.log(sum));
    }
  }
}

// @ts-ignore: decorator
@inline
function dot(x: usize, y: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    s0 = madd(v128.load(x + at), v128.load(y + at), s0);
    s1 = madd(v128.load(x + at, 16), v128.load(y + at, 16), s1);
  }
  let sum = horizontalSum(f32x4.add(s0, s1));
  for (; i < n; i++) sum += load<f32>(x + (<usize>i << 2)) * load<f32>(y + (<usize>i << 2));
  return sum;
}

/** y += factor * x. */
// @ts-ignore: decorator
@inline
function addScaled(y: usize, x: usize, factor: f32, n: i32): void {
  const whole = f32x4.splat(factor);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(y + at, madd(v128.load(x + at), whole, v128.load(y + at)));
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(y + at, load<f32>(y + at) + load<f32>(x + at) * factor);
  }
}

/** Few queries (decoding with a cache): one task per head walks the keys without packing. */
export function attentionRowsTask(task: i32, thread: i32): void {
  const length = paramInt(8);
  const numKeys = paramInt(9);
  const heads = paramInt(10);
  const keyHeads = paramInt(11);
  const size = paramInt(12);
  const scale = paramFloat(13);
  const head = task % heads;
  const batch = task / heads;
  const bytes = <usize>size << 2;
  const stride = <usize>keyHeads * bytes;
  const keyOffset = <usize>batch * <usize>numKeys * stride + <usize>(head / (heads / keyHeads)) * bytes;
  const keySegments = paramPointer(4) + (<usize>(batch * numKeys) << 2);
  const scores = paramPointer(18) + <usize>thread * paramPointer(19);
  for (let i = 0; i < length; i++) {
    const offset = ((<usize>batch * <usize>length + <usize>i) * <usize>heads + <usize>head) * bytes;
    const q = paramPointer(0) + offset;
    const out = paramPointer(5) + offset;
    const segment = load<i32>(paramPointer(3) + (<usize>(batch * length + i) << 2));
    const visible = min(numKeys, i + numKeys - length + 1);
    memory.fill(out, 0, bytes);
    let peak: f32 = -Infinity;
    for (let j = 0; j < visible; j++) {
      let score: f32 = -Infinity;
      if (segment >= 0 && load<i32>(keySegments + (<usize>j << 2)) == segment) {
        score = dot(q, paramPointer(1) + keyOffset + <usize>j * stride, size) * scale;
      }
      store<f32>(scores + (<usize>j << 2), score);
      peak = max(peak, score);
    }
    const logSumExp = paramPointer(6) + (<usize>((batch * heads + head) * length + i) << 2);
    if (peak == -Infinity) {
      store<f32>(logSumExp, -Infinity);
      continue;
    }
    const sum = expRow(scores, scores, visible, 1, peak, NEGLIGIBLE);
    for (let j = 0; j < visible; j++) {
      const p = load<f32>(scores + (<usize>j << 2));
      if (p != 0) addScaled(out, paramPointer(2) + keyOffset + <usize>j * stride, p, size);
    }
    scaleRow(out, out, size, <f32>1 / sum);
    store<f32>(logSumExp, peak + Mathf.log(sum));
  }
}
