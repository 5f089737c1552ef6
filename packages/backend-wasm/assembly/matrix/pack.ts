/**
 * Packs matrices into the panels that the micro-kernel reads: A in panels of 6 rows, B in panels of 8 columns (16 in the wide build), both k-major, padded with zeros.
 *
 * Source: Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication"; the BLIS loop nest.
 */

export const ROWS: i32 = 6;
export const COLUMNS: i32 = WIDE ? 16 : 8;
/** Bytes of one step of k in a panel of B. */
export const COLUMN_BYTES: usize = <usize>COLUMNS << 2;

/** Columns of all panels that hold n columns. */
// @ts-ignore: decorator
@inline
export function paddedColumns(n: i32): i32 {
  return (n + COLUMNS - 1) & -COLUMNS;
}

/** Rows of memory that are packed at once where a panel takes a part of each: so many fit the ways of a cache, whatever the stride. */
const STRIP: i32 = 8;

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}
// @ts-ignore: decorator
@inline
function firstHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 1, 4, 5);
}
// @ts-ignore: decorator
@inline
function secondHalves(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 3, 6, 7);
}

/** Four floats of each of four stored rows become four columns of a panel. */
// @ts-ignore: decorator
@inline
function transposeFour(target: usize, s0: usize, s1: usize, s2: usize, s3: usize): void {
  const r0 = v128.load(s0);
  const r1 = v128.load(s1);
  const r2 = v128.load(s2);
  const r3 = v128.load(s3);
  const t0 = low(r0, r1);
  const t1 = high(r0, r1);
  const t2 = low(r2, r3);
  const t3 = high(r2, r3);
  v128.store(target, firstHalves(t0, t2));
  v128.store(target, secondHalves(t0, t2), COLUMN_BYTES);
  v128.store(target, firstHalves(t1, t3), 2 * COLUMN_BYTES);
  v128.store(target, secondHalves(t1, t3), 3 * COLUMN_BYTES);
}

/** Eight stored rows of at least kc floats become eight columns of a panel; kc is a multiple of 4. */
// @ts-ignore: decorator
@inline
function transposeEight(target: usize, source: usize, stride: usize, kc: i32): void {
  const s0 = source;
  const s1 = s0 + stride;
  const s2 = s1 + stride;
  const s3 = s2 + stride;
  const s4 = s3 + stride;
  const s5 = s4 + stride;
  const s6 = s5 + stride;
  const s7 = s6 + stride;
  for (let k = 0; k < kc; k += 4) {
    const at = <usize>k << 2;
    const to = target + <usize>k * COLUMN_BYTES;
    transposeFour(to, s0 + at, s1 + at, s2 + at, s3 + at);
    transposeFour(to + 16, s4 + at, s5 + at, s6 + at, s7 + at);
  }
}

/**
 * One panel of COLUMNS columns of op(B), k from 0 to kc.
 * @param source element (0, 0) of the panel
 * @param stride bytes between rows of the stored matrix
 * @param transposed 0: stored [k, n]; 1: stored [n, k]
 * @param count columns that exist (1 to COLUMNS)
 */
export function packPanelB(target: usize, source: usize, stride: usize, transposed: i32, kc: i32, count: i32): void {
  if (!transposed) {
    if (count == COLUMNS) {
      for (let k = 0; k < kc; k++) {
        v128.store(target, v128.load(source));
        v128.store(target, v128.load(source, 16), 16);
        if (WIDE) {
          v128.store(target, v128.load(source, 32), 32);
          v128.store(target, v128.load(source, 48), 48);
        }
        target += COLUMN_BYTES;
        source += stride;
      }
      return;
    }
    for (let k = 0; k < kc; k++) {
      memory.fill(target, 0, COLUMN_BYTES);
      for (let n = 0; n < count; n++) store<f32>(target + (<usize>n << 2), load<f32>(source + (<usize>n << 2)));
      target += COLUMN_BYTES;
      source += stride;
    }
    return;
  }
  let k = 0;
  if (count == COLUMNS) {
    k = kc & -4;
    transposeEight(target, source, stride, k);
    if (WIDE) transposeEight(target + 32, source + (stride << 3), stride, k);
  }
  for (; k < kc; k++) {
    const to = target + <usize>k * COLUMN_BYTES;
    memory.fill(to, 0, COLUMN_BYTES);
    for (let n = 0; n < count; n++) store<f32>(to + (<usize>n << 2), load<f32>(source + <usize>n * stride + (<usize>k << 2)));
  }
}

/**
 * One panel of 6 rows of op(A), k from 0 to kc.
 * @param transposed 0: stored [m, k]; 1: stored [k, m]
 * @param count rows that exist (1 to 6)
 */
export function packPanelA(target: usize, source: usize, stride: usize, transposed: i32, kc: i32, count: i32): void {
  if (transposed) {
    if (count == ROWS) {
      for (let k = 0; k < kc; k++) {
        v128.store(target, v128.load(source));
        store<u64>(target, load<u64>(source, 16), 16);
        target += 24;
        source += stride;
      }
      return;
    }
    for (let k = 0; k < kc; k++) {
      for (let m = 0; m < ROWS; m++) {
        store<f32>(target + (<usize>m << 2), m < count ? load<f32>(source + (<usize>m << 2)) : <f32>0);
      }
      target += 24;
      source += stride;
    }
    return;
  }
  let k = 0;
  if (count == ROWS) {
    const s0 = source;
    const s1 = s0 + stride;
    const s2 = s1 + stride;
    const s3 = s2 + stride;
    const s4 = s3 + stride;
    const s5 = s4 + stride;
    for (; k + 4 <= kc; k += 4) {
      const at = <usize>k << 2;
      const r0 = v128.load(s0 + at);
      const r1 = v128.load(s1 + at);
      const r2 = v128.load(s2 + at);
      const r3 = v128.load(s3 + at);
      const r4 = v128.load(s4 + at);
      const r5 = v128.load(s5 + at);
      const t0 = low(r0, r1);
      const t1 = high(r0, r1);
      const t2 = low(r2, r3);
      const t3 = high(r2, r3);
      const u0 = low(r4, r5);
      const u1 = high(r4, r5);
      const to = target + <usize>k * 24;
      v128.store(to, firstHalves(t0, t2));
      v128.store64_lane(to, u0, 0, 16);
      v128.store(to, secondHalves(t0, t2), 24);
      v128.store64_lane(to, u0, 1, 40);
      v128.store(to, firstHalves(t1, t3), 48);
      v128.store64_lane(to, u1, 0, 64);
      v128.store(to, secondHalves(t1, t3), 72);
      v128.store64_lane(to, u1, 1, 88);
    }
  }
  for (; k < kc; k++) {
    const to = target + <usize>k * 24;
    for (let m = 0; m < ROWS; m++) {
      store<f32>(to + (<usize>m << 2), m < count ? load<f32>(source + <usize>m * stride + (<usize>k << 2)) : <f32>0);
    }
  }
}

/**
 * All panels of an m x kc block of op(A), one after another.
 * A transposed block goes in strips: its panels cut a cache line in pieces, which must not be fetched once per piece.
 */
export function packBlockA(target: usize, source: usize, stride: usize, transposed: i32, m: i32, kc: i32): void {
  const panel = <usize>kc * 24;
  const strip = transposed ? STRIP : kc;
  const step = transposed ? <usize>24 : stride * 6;
  for (let k = 0; k < kc; k += strip) {
    const depth = min(strip, kc - k);
    let to = target + <usize>k * 24;
    let from = source + <usize>k * stride;
    for (let row = 0; row < m; row += ROWS) {
      packPanelA(to, from, stride, transposed, depth, min(ROWS, m - row));
      to += panel;
      from += step;
    }
  }
}

/** All panels of a kc x n block of op(B), one after another; in strips where it is not transposed, for the same reason. */
export function packBlockB(target: usize, source: usize, stride: usize, transposed: i32, n: i32, kc: i32): void {
  const panel = <usize>kc * COLUMN_BYTES;
  const strip = transposed ? kc : STRIP;
  const step = transposed ? stride * COLUMNS : COLUMN_BYTES;
  for (let k = 0; k < kc; k += strip) {
    const depth = min(strip, kc - k);
    let to = target + <usize>k * COLUMN_BYTES;
    let from = source + <usize>k * stride;
    for (let column = 0; column < n; column += COLUMNS) {
      packPanelB(to, from, stride, transposed, depth, min(COLUMNS, n - column));
      to += panel;
      from += step;
    }
  }
}
