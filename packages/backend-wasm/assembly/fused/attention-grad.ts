/**
 * Backward pass of causal attention: one task per query head of one batch entry. Each query head of a group writes dk and dv of its own, which are
 * added up afterwards, so that no two tasks write the same gradient and no product is computed twice.
 *
 * Source: Dao 2023, FlashAttention-2, arXiv:2307.08691, algorithm 2; P is recomputed from logSumExp.
 * Slots: 0 q, 1 k, 2 v, 3 query segments, 4 key segments, 5 out, 6 logSumExp, 7 B, 8 L, 9 S, 10 N, 11 K, 12 H, 13 scale, 14 tile rows, 15 tile keys,
 * 18 scratch, 19 scratch bytes per thread, 20 dout, 21 dq, 22 dk and 23 dv, both [B, N / K, S, K, H].
 */
import { HIDDEN, maskRow, tileKind } from './attention';
import { paramFloat, paramInt, paramPointer } from '../layout';
import { multiplyPacked } from '../matrix/micro-kernel';
import { packBlockA, packBlockB, paddedColumns } from '../matrix/pack';
import { clearRow, expRow, NEGLIGIBLE } from '../reduce';
import { horizontalSum, madd } from '../simd';

/** sum of a * b. */
function dot(a: usize, b: usize, n: i32): f32 {
  let s = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) s = madd(v128.load(a + (<usize>i << 2)), v128.load(b + (<usize>i << 2)), s);
  let sum = horizontalSum(s);
  for (; i < n; i++) sum += load<f32>(a + (<usize>i << 2)) * load<f32>(b + (<usize>i << 2));
  return sum;
}

/** dS = P * (dP - D) * scale, in place of dP. */
function scoreGradRow(p: usize, dp: usize, n: i32, d: f32, scale: f32): void {
  const wholeD = f32x4.splat(d);
  const wholeScale = f32x4.splat(scale);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    const ds0 = f32x4.mul(f32x4.mul(v128.load(p + at), f32x4.sub(v128.load(dp + at), wholeD)), wholeScale);
    const ds1 = f32x4.mul(f32x4.mul(v128.load(p + at, 16), f32x4.sub(v128.load(dp + at, 16), wholeD)), wholeScale);
    v128.store(dp + at, ds0);
    v128.store(dp + at, ds1, 16);
  }
  for (; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(dp + at, load<f32>(p + at) * (load<f32>(dp + at) - d) * scale);
  }
}

export function attentionGradTask(task: i32, thread: i32): void {
  const length = paramInt(8);
  const numKeys = paramInt(9);
  const heads = paramInt(10);
  const keyHeads = paramInt(11);
  const size = paramInt(12);
  const scale = paramFloat(13);
  const tileRows = paramInt(14);
  const tileKeys = paramInt(15);
  const batch = task / heads;
  const head = task % heads;
  const group = heads / keyHeads;
  const keyHead = head / group;
  const bytes = <usize>size << 2;
  const padded = <usize>paddedColumns(size) << 2;
  const stride = <usize>heads * bytes;
  const keyStride = <usize>keyHeads * bytes;
  const shift = numKeys - length;
  const scoreStride = <usize>tileKeys << 2;

  let scratch = paramPointer(18) + <usize>thread * paramPointer(19);
  const keysT = scratch; // B panels [H, keys]
  scratch += <usize>tileKeys * bytes;
  const valuesT = scratch; // B panels [H, keys]
  scratch += <usize>tileKeys * bytes;
  const keysB = scratch; // B panels [keys, H]
  scratch += <usize>tileKeys * padded;
  const rowsA = scratch; // A panels of q, then of dout [rows, H]
  scratch += <usize>tileRows * bytes;
  const rowsB = scratch; // B panels of dout, then of q [rows, H]
  scratch += <usize>tileRows * padded;
  const scores = scratch; // [rows, keys]
  scratch += <usize>tileRows * scoreStride;
  const dscores = scratch; // [rows, keys]
  scratch += <usize>tileRows * scoreStride;
  const packed = scratch; // A panels of P^T, dS^T or dS
  scratch += <usize>(tileRows + 8) * (scoreStride + 32);
  const deltas = scratch; // [L]

  const keySegments = paramPointer(4) + (<usize>(batch * numKeys) << 2);
  const querySegments = paramPointer(3) + (<usize>(batch * length) << 2);
  const rowsOffset = <usize>batch * <usize>length * stride;

  const logSumExp = paramPointer(6) + (<usize>((batch * heads + head) * length) << 2);
  const keyPartOffset = <usize>(batch * group + (head % group)) * <usize>numKeys * keyStride + <usize>keyHead * bytes;

  for (let i = 0; i < length; i++) {
    const offset = rowsOffset + <usize>i * stride + <usize>head * bytes;
    store<f32>(deltas + (<usize>i << 2), dot(paramPointer(20) + offset, paramPointer(5) + offset, size));
    clearRow(paramPointer(21) + offset, size);
  }
  for (let firstKey = 0; firstKey < numKeys; firstKey += tileKeys) {
    const keys = min(tileKeys, numKeys - firstKey);
    const keyOffset = (<usize>batch * <usize>numKeys + <usize>firstKey) * keyStride + <usize>keyHead * bytes;
    const segments = keySegments + (<usize>firstKey << 2);
    packBlockB(keysT, paramPointer(1) + keyOffset, keyStride, 1, keys, size);
    packBlockB(valuesT, paramPointer(2) + keyOffset, keyStride, 1, keys, size);
    packBlockB(keysB, paramPointer(1) + keyOffset, keyStride, 0, size, keys);
    const partOffset = keyPartOffset + <usize>firstKey * keyStride;
    const dk = paramPointer(22) + partOffset;
    const dv = paramPointer(23) + partOffset;
    let accumulate = 0;
    const firstTile = max(0, firstKey - shift) / tileRows;
    for (let first = firstTile * tileRows; first < length; first += tileRows) {
      const rows = min(tileRows, length - first);
      const position = first + shift;
      const kind = tileKind(querySegments + (<usize>first << 2), rows, position, segments, firstKey, keys);
      if (kind == HIDDEN) continue;
      const offset = rowsOffset + <usize>first * stride + <usize>head * bytes;
      packBlockA(rowsA, paramPointer(0) + offset, stride, 0, rows, size);
      multiplyPacked(size, rowsA, keysT, scores, scoreStride, rows, keys, 0, thread);
      for (let i = 0; i < rows; i++) {
        const row = scores + <usize>i * scoreStride;
        const lse = load<f32>(logSumExp + (<usize>(first + i) << 2));
        if (lse == -Infinity) {
          clearRow(row, keys);
          continue;
        }
        const segment = load<i32>(querySegments + (<usize>(first + i) << 2));
        const visible = maskRow(kind, row, segment, segments, keys, position + i - firstKey + 1);
        expRow(row, row, visible, scale, lse, NEGLIGIBLE);
        clearRow(row + (<usize>visible << 2), keys - visible);
      }
      packBlockA(rowsA, paramPointer(20) + offset, stride, 0, rows, size);
      multiplyPacked(size, rowsA, valuesT, dscores, scoreStride, rows, keys, 0, thread);
      packBlockB(rowsB, paramPointer(20) + offset, stride, 0, size, rows);
      packBlockA(packed, scores, scoreStride, 1, keys, rows);
      multiplyPacked(rows, packed, rowsB, dv, keyStride, keys, size, accumulate, thread);
      for (let i = 0; i < rows; i++) {
        const at = <usize>i * scoreStride;
        scoreGradRow(scores + at, dscores + at, keys, load<f32>(deltas + (<usize>(first + i) << 2)), scale);
      }
      packBlockB(rowsB, paramPointer(0) + offset, stride, 0, size, rows);
      packBlockA(packed, dscores, scoreStride, 1, keys, rows);
      multiplyPacked(rows, packed, rowsB, dk, keyStride, keys, size, accumulate, thread);
      accumulate = 1;
      packBlockA(packed, dscores, scoreStride, 0, rows, keys);
      multiplyPacked(keys, packed, keysB, paramPointer(21) + offset, stride, rows, size, 1, thread);
    }
    if (accumulate) continue;
    for (let j = 0; j < keys; j++) {
      clearRow(dk + <usize>j * keyStride, size);
      clearRow(dv + <usize>j * keyStride, size);
    }
  }
}
