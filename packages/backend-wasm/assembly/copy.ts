/**
 * Strided copies (transpose, slice, concat, tile, pad are all this one), blocked 2-D transposition, row gather and its adjoint.
 */
import { paramInt, paramPointer } from './layout';

/** Short runs are copied by vector, long ones by memory.copy. */
// @ts-ignore: decorator
@inline
function copyBytes(to: usize, from: usize, bytes: usize): void {
  if (bytes > 256) {
    memory.copy(to, from, bytes);
    return;
  }
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i++) store<u8>(to + i, load<u8>(from + i));
}

/**
 * Slots: 0 first address, 1 address behind the last, 2 bytes per task. Writes one byte of each page of 4096 bytes, so that the operating system
 * finds memory for it.
 */
export function touchTask(task: i32): void {
  const perTask = paramPointer(2);
  const from = paramPointer(0) + <usize>task * perTask;
  const end = min(paramPointer(1), from + perTask);
  for (let at = from; at < end; at += 4096) store<u8>(at, 0);
}

/**
 * Slots: 0 source, 1 target, 2 bytes per element (4 or 1), 3-8 dims (outermost first), 9-14 source strides, 15-20 target strides (elements),
 * 21 rows per task. A row is the innermost dimension.
 */
export function stridedCopyTask(task: i32): void {
  const source = paramPointer(0);
  const target = paramPointer(1);
  const size = paramPointer(2);
  const d1 = paramInt(4);
  const d2 = paramInt(5);
  const d3 = paramInt(6);
  const d4 = paramInt(7);
  const inner = paramInt(8);
  const perTask = paramInt(21);
  const numRows = paramInt(3) * d1 * d2 * d3 * d4;
  const first = task * perTask;
  const last = min(numRows, first + perTask);
  const sourceStep = paramInt(14);
  const targetStep = paramInt(20);
  for (let r = first; r < last; r++) {
    let rest = r;
    const i4 = rest % d4;
    rest /= d4;
    const i3 = rest % d3;
    rest /= d3;
    const i2 = rest % d2;
    rest /= d2;
    const i1 = rest % d1;
    const i0 = rest / d1;
    let from = source + <usize>(i0 * paramInt(9) + i1 * paramInt(10) + i2 * paramInt(11) + i3 * paramInt(12) + i4 * paramInt(13)) * size;
    let to = target + <usize>(i0 * paramInt(15) + i1 * paramInt(16) + i2 * paramInt(17) + i3 * paramInt(18) + i4 * paramInt(19)) * size;
    if (sourceStep == 1 && targetStep == 1) {
      copyBytes(to, from, <usize>inner * size);
    } else if (size == 4) {
      const stepFrom = <usize>(sourceStep << 2);
      const stepTo = <usize>(targetStep << 2);
      for (let i = 0; i < inner; i++) {
        store<u32>(to, load<u32>(from));
        from += stepFrom;
        to += stepTo;
      }
    } else {
      for (let i = 0; i < inner; i++) {
        store<u8>(to, load<u8>(from));
        from += <usize>sourceStep;
        to += <usize>targetStep;
      }
    }
  }
}

/** [batch, rows, columns] to [batch, columns, rows], 4-byte elements. Slots: 0 source, 1 target, 2 rows, 3 columns, 4 bands of 32 rows per entry. */
export function transposeTask(task: i32): void {
  const rows = paramInt(2);
  const columns = paramInt(3);
  const bands = paramInt(4);
  const entry = task / bands;
  const first = (task % bands) << 5;
  const last = min(rows, first + 32);
  const size = <usize>rows * <usize>columns << 2;
  const source = paramPointer(0) + <usize>entry * size;
  const target = paramPointer(1) + <usize>entry * size;
  const stride = <usize>columns << 2;
  const strideOut = <usize>rows << 2;
  let column = 0;
  for (; column + 4 <= columns; column += 4) {
    let row = first;
    for (; row + 4 <= last; row += 4) {
      const from = source + <usize>row * stride + (<usize>column << 2);
      const r0 = v128.load(from);
      const r1 = v128.load(from + stride);
      const r2 = v128.load(from + (stride << 1));
      const r3 = v128.load(from + stride * 3);
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const to = target + <usize>column * strideOut + (<usize>row << 2);
      v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
      v128.store(to + strideOut, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
      v128.store(to + (strideOut << 1), v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
      v128.store(to + strideOut * 3, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
    }
    for (; row < last; row++) {
      for (let c = column; c < column + 4; c++) {
        store<u32>(target + <usize>c * strideOut + (<usize>row << 2), load<u32>(source + <usize>row * stride + (<usize>c << 2)));
      }
    }
  }
  for (; column < columns; column++) {
    for (let row = first; row < last; row++) {
      store<u32>(target + <usize>column * strideOut + (<usize>row << 2), load<u32>(source + <usize>row * stride + (<usize>column << 2)));
    }
  }
}

/** Rows of x by index. Slots: 0 x, 1 indices, 2 out, 3 count, 4 bytes per row, 5 rows per task. */
export function gatherTask(task: i32): void {
  const bytes = paramPointer(4);
  const perTask = paramInt(5);
  const first = task * perTask;
  const last = min(paramInt(3), first + perTask);
  for (let i = first; i < last; i++) {
    const index = load<i32>(paramPointer(1) + (<usize>i << 2));
    copyBytes(paramPointer(2) + <usize>i * bytes, paramPointer(0) + <usize>index * bytes, bytes);
  }
}

/** First place whose index is outside [0, limit), or -1. */
export function findOutOfRange(indices: usize, count: i32, limit: i32): i32 {
  for (let i = 0; i < count; i++) {
    if (load<u32>(indices + (<usize>i << 2)) >= <u32>limit) return i;
  }
  return -1;
}

/**
 * Adjoint of the row gather: out[ids[t]] += dy[t] in the order of t; each task owns some columns, so sums do not depend on threads.
 * Slots: 0 dy, 1 ids, 2 out (zeroed), 3 rows of dy, 4 columns, 5 columns per task.
 */
export function scatterAddTask(task: i32): void {
  const rows = paramInt(3);
  const columns = paramInt(4);
  const perTask = paramInt(5);
  const first = task * perTask;
  const n = min(perTask, columns - first);
  const stride = <usize>columns << 2;
  let from = paramPointer(0) + (<usize>first << 2);
  const target = paramPointer(2) + (<usize>first << 2);
  for (let t = 0; t < rows; t++) {
    const to = target + <usize>load<i32>(paramPointer(1) + (<usize>t << 2)) * stride;
    let i = 0;
    for (; i + 4 <= n; i += 4) {
      const at = <usize>i << 2;
      v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    }
    for (; i < n; i++) {
      const at = <usize>i << 2;
      store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
    }
    from += stride;
  }
}
