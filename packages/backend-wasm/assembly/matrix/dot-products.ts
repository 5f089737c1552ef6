/**
 * Dot products of rows of A and rows of B, neither packed: what a decoding batch needs, which reads every weight once.
 *
 * Every sum is kept in eight parts, however many rows and columns are taken at once, so that a row's results depend on no other row. The wide build has the
 * eight in one vector: V8 joins neighbours that end in stores side by side.
 */
import { horizontalSum, madd } from '../simd';

/** Rows of A at once: as many as there are registers for. */
export const DOT_ROWS: i32 = WIDE ? 4 : 2;

/**
 * C[DOT_ROWS, 2] (+)= rows of A times two rows of B: few loads for the products, where one row and one column take two loads for each.
 * @param tile 256 bytes of the thread's own
 */
// @ts-ignore: decorator
@inline
export function dotsOfRows(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32, tile: usize,
): void {
  if (WIDE) dots4x2(k, x0, strideA, y0, strideB, c, strideC, accumulate, tile);
  else dots2x2(k, x0, strideA, y0, strideB, c, strideC, accumulate, tile);
}

function dots4x2(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32, tile: usize,
): void {
  let x1 = x0 + strideA;
  let x2 = x1 + strideA;
  let x3 = x2 + strideA;
  let y1 = y0 + strideB;
  let s00l = f32x4.splat(0);
  let s00h = f32x4.splat(0);
  let s01l = f32x4.splat(0);
  let s01h = f32x4.splat(0);
  let s10l = f32x4.splat(0);
  let s10h = f32x4.splat(0);
  let s11l = f32x4.splat(0);
  let s11h = f32x4.splat(0);
  let s20l = f32x4.splat(0);
  let s20h = f32x4.splat(0);
  let s21l = f32x4.splat(0);
  let s21h = f32x4.splat(0);
  let s30l = f32x4.splat(0);
  let s30h = f32x4.splat(0);
  let s31l = f32x4.splat(0);
  let s31h = f32x4.splat(0);
  const end = x0 + (<usize>(k & -8) << 2);
  while (x0 < end) {
    const b0l = v128.load(y0);
    const b0h = v128.load(y0, 16);
    const b1l = v128.load(y1);
    const b1h = v128.load(y1, 16);
    const a0l = v128.load(x0);
    const a0h = v128.load(x0, 16);
    s00l = madd(a0l, b0l, s00l);
    s00h = madd(a0h, b0h, s00h);
    s01l = madd(a0l, b1l, s01l);
    s01h = madd(a0h, b1h, s01h);
    const a1l = v128.load(x1);
    const a1h = v128.load(x1, 16);
    s10l = madd(a1l, b0l, s10l);
    s10h = madd(a1h, b0h, s10h);
    s11l = madd(a1l, b1l, s11l);
    s11h = madd(a1h, b1h, s11h);
    const a2l = v128.load(x2);
    const a2h = v128.load(x2, 16);
    s20l = madd(a2l, b0l, s20l);
    s20h = madd(a2h, b0h, s20h);
    s21l = madd(a2l, b1l, s21l);
    s21h = madd(a2h, b1h, s21h);
    const a3l = v128.load(x3);
    const a3h = v128.load(x3, 16);
    s30l = madd(a3l, b0l, s30l);
    s30h = madd(a3h, b0h, s30h);
    s31l = madd(a3l, b1l, s31l);
    s31h = madd(a3h, b1h, s31h);
    x0 += 32;
    x1 += 32;
    x2 += 32;
    x3 += 32;
    y0 += 32;
    y1 += 32;
  }
  v128.store(tile, s00l);
  v128.store(tile, s00h, 16);
  v128.store(tile, s01l, 32);
  v128.store(tile, s01h, 48);
  v128.store(tile, s10l, 64);
  v128.store(tile, s10h, 80);
  v128.store(tile, s11l, 96);
  v128.store(tile, s11h, 112);
  v128.store(tile, s20l, 128);
  v128.store(tile, s20h, 144);
  v128.store(tile, s21l, 160);
  v128.store(tile, s21h, 176);
  v128.store(tile, s30l, 192);
  v128.store(tile, s30h, 208);
  v128.store(tile, s31l, 224);
  v128.store(tile, s31h, 240);
  const rest = k & 7;
  finish(tile, x0, y0, rest, c, accumulate);
  finish(tile + 32, x0, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(tile + 64, x1, y0, rest, c, accumulate);
  finish(tile + 96, x1, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(tile + 128, x2, y0, rest, c, accumulate);
  finish(tile + 160, x2, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(tile + 192, x3, y0, rest, c, accumulate);
  finish(tile + 224, x3, y1, rest, c + 4, accumulate);
}

function dots2x2(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32, tile: usize,
): void {
  let x1 = x0 + strideA;
  let y1 = y0 + strideB;
  let s00l = f32x4.splat(0);
  let s00h = f32x4.splat(0);
  let s01l = f32x4.splat(0);
  let s01h = f32x4.splat(0);
  let s10l = f32x4.splat(0);
  let s10h = f32x4.splat(0);
  let s11l = f32x4.splat(0);
  let s11h = f32x4.splat(0);
  const end = x0 + (<usize>(k & -8) << 2);
  while (x0 < end) {
    const b0l = v128.load(y0);
    const b0h = v128.load(y0, 16);
    const b1l = v128.load(y1);
    const b1h = v128.load(y1, 16);
    const a0l = v128.load(x0);
    const a0h = v128.load(x0, 16);
    s00l = madd(a0l, b0l, s00l);
    s00h = madd(a0h, b0h, s00h);
    s01l = madd(a0l, b1l, s01l);
    s01h = madd(a0h, b1h, s01h);
    const a1l = v128.load(x1);
    const a1h = v128.load(x1, 16);
    s10l = madd(a1l, b0l, s10l);
    s10h = madd(a1h, b0h, s10h);
    s11l = madd(a1l, b1l, s11l);
    s11h = madd(a1h, b1h, s11h);
    x0 += 32;
    x1 += 32;
    y0 += 32;
    y1 += 32;
  }
  v128.store(tile, s00l);
  v128.store(tile, s00h, 16);
  v128.store(tile, s01l, 32);
  v128.store(tile, s01h, 48);
  v128.store(tile, s10l, 64);
  v128.store(tile, s10h, 80);
  v128.store(tile, s11l, 96);
  v128.store(tile, s11h, 112);
  const rest = k & 7;
  finish(tile, x0, y0, rest, c, accumulate);
  finish(tile + 32, x0, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(tile + 64, x1, y0, rest, c, accumulate);
  finish(tile + 96, x1, y1, rest, c + 4, accumulate);
}

/** C[1, 4] (+)= a row of A times four rows of B, which are read side by side: more reads are under way than with one. */
export function dots1x4(
  k: i32, x0: usize, y0: usize, strideB: usize, c: usize, accumulate: i32, tile: usize,
): void {
  let y1 = y0 + strideB;
  let y2 = y1 + strideB;
  let y3 = y2 + strideB;
  let s00l = f32x4.splat(0);
  let s00h = f32x4.splat(0);
  let s01l = f32x4.splat(0);
  let s01h = f32x4.splat(0);
  let s02l = f32x4.splat(0);
  let s02h = f32x4.splat(0);
  let s03l = f32x4.splat(0);
  let s03h = f32x4.splat(0);
  const end = x0 + (<usize>(k & -8) << 2);
  while (x0 < end) {
    const a0l = v128.load(x0);
    const a0h = v128.load(x0, 16);
    s00l = madd(a0l, v128.load(y0), s00l);
    s00h = madd(a0h, v128.load(y0, 16), s00h);
    s01l = madd(a0l, v128.load(y1), s01l);
    s01h = madd(a0h, v128.load(y1, 16), s01h);
    s02l = madd(a0l, v128.load(y2), s02l);
    s02h = madd(a0h, v128.load(y2, 16), s02h);
    s03l = madd(a0l, v128.load(y3), s03l);
    s03h = madd(a0h, v128.load(y3, 16), s03h);
    x0 += 32;
    y0 += 32;
    y1 += 32;
    y2 += 32;
    y3 += 32;
  }
  v128.store(tile, s00l);
  v128.store(tile, s00h, 16);
  v128.store(tile, s01l, 32);
  v128.store(tile, s01h, 48);
  v128.store(tile, s02l, 64);
  v128.store(tile, s02h, 80);
  v128.store(tile, s03l, 96);
  v128.store(tile, s03h, 112);
  const rest = k & 7;
  finish(tile, x0, y0, rest, c, accumulate);
  finish(tile + 32, x0, y1, rest, c + 4, accumulate);
  finish(tile + 64, x0, y2, rest, c + 8, accumulate);
  finish(tile + 96, x0, y3, rest, c + 12, accumulate);
}

/** C[1, 1] (+)= x0 . y0. */
export function dot(k: i32, x0: usize, y0: usize, c: usize, accumulate: i32, tile: usize): void {
  let s00l = f32x4.splat(0);
  let s00h = f32x4.splat(0);
  const end = x0 + (<usize>(k & -8) << 2);
  while (x0 < end) {
    const a0l = v128.load(x0);
    const a0h = v128.load(x0, 16);
    s00l = madd(a0l, v128.load(y0), s00l);
    s00h = madd(a0h, v128.load(y0, 16), s00h);
    x0 += 32;
    y0 += 32;
  }
  v128.store(tile, s00l);
  v128.store(tile, s00h, 16);
  const rest = k & 7;
  finish(tile, x0, y0, rest, c, accumulate);
}

/** c (+)= the eight parts of a sum at `tile` and the last products, which fill no vectors. */
function finish(tile: usize, x: usize, y: usize, count: i32, c: usize, accumulate: i32): void {
  let sum = horizontalSum(f32x4.add(v128.load(tile), v128.load(tile, 16)));
  for (let i: usize = 0; i < <usize>count << 2; i += 4) sum += load<f32>(x + i) * load<f32>(y + i);
  store<f32>(c, accumulate ? load<f32>(c) + sum : sum);
}
