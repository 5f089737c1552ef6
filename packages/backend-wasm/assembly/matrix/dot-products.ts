/**
 * Dot products of rows of A and rows of B, neither packed: what a decoding batch needs, which reads every weight once.
 *
 * Every sum is kept in eight parts, however many rows and columns are taken at once, so that a row's results depend on no other row. The wide build has the
 * eight in one vector: V8 joins neighbours that end in stores side by side.
 */
import { horizontalSum, madd } from '../simd';

/**
 * C[2, 4] (+)= two rows of A times four rows of B: six loads for eight products, where one row and one column take two loads for each, and more rows of B
 * are on their way from memory than with four rows of A and two of B, which was slower by 5 to 24 %.
 * @param tile 256 bytes of the thread's own
 */
export function dots2x4(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32, tile: usize,
): void {
  if (WIDE) {
    dotsWide(k, x0, strideA, y0, strideB, c, strideC, accumulate, tile);
    return;
  }
  // Sixteen sums of four do not fit the registers.
  dotsNarrow(k, x0, strideA, y0, strideB, c, strideC, accumulate, tile);
  dotsNarrow(k, x0, strideA, y0 + strideB + strideB, strideB, c + 8, strideC, accumulate, tile);
}

/** C[2, 4]. */
function dotsWide(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32, tile: usize,
): void {
  let x1 = x0 + strideA;
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
  let s10l = f32x4.splat(0);
  let s10h = f32x4.splat(0);
  let s11l = f32x4.splat(0);
  let s11h = f32x4.splat(0);
  let s12l = f32x4.splat(0);
  let s12h = f32x4.splat(0);
  let s13l = f32x4.splat(0);
  let s13h = f32x4.splat(0);
  const end = x0 + (<usize>(k & -8) << 2);
  while (x0 < end) {
    const b0l = v128.load(y0);
    const b0h = v128.load(y0, 16);
    const b1l = v128.load(y1);
    const b1h = v128.load(y1, 16);
    const b2l = v128.load(y2);
    const b2h = v128.load(y2, 16);
    const b3l = v128.load(y3);
    const b3h = v128.load(y3, 16);
    const a0l = v128.load(x0);
    const a0h = v128.load(x0, 16);
    s00l = madd(a0l, b0l, s00l);
    s00h = madd(a0h, b0h, s00h);
    s01l = madd(a0l, b1l, s01l);
    s01h = madd(a0h, b1h, s01h);
    s02l = madd(a0l, b2l, s02l);
    s02h = madd(a0h, b2h, s02h);
    s03l = madd(a0l, b3l, s03l);
    s03h = madd(a0h, b3h, s03h);
    const a1l = v128.load(x1);
    const a1h = v128.load(x1, 16);
    s10l = madd(a1l, b0l, s10l);
    s10h = madd(a1h, b0h, s10h);
    s11l = madd(a1l, b1l, s11l);
    s11h = madd(a1h, b1h, s11h);
    s12l = madd(a1l, b2l, s12l);
    s12h = madd(a1h, b2h, s12h);
    s13l = madd(a1l, b3l, s13l);
    s13h = madd(a1h, b3h, s13h);
    x0 += 32;
    x1 += 32;
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
  v128.store(tile, s10l, 128);
  v128.store(tile, s10h, 144);
  v128.store(tile, s11l, 160);
  v128.store(tile, s11h, 176);
  v128.store(tile, s12l, 192);
  v128.store(tile, s12h, 208);
  v128.store(tile, s13l, 224);
  v128.store(tile, s13h, 240);
  const rest = k & 7;
  finish(tile, x0, y0, rest, c, accumulate);
  finish(tile + 32, x0, y1, rest, c + 4, accumulate);
  finish(tile + 64, x0, y2, rest, c + 8, accumulate);
  finish(tile + 96, x0, y3, rest, c + 12, accumulate);
  c += strideC;
  finish(tile + 128, x1, y0, rest, c, accumulate);
  finish(tile + 160, x1, y1, rest, c + 4, accumulate);
  finish(tile + 192, x1, y2, rest, c + 8, accumulate);
  finish(tile + 224, x1, y3, rest, c + 12, accumulate);
}

/** C[2, 2]. */
function dotsNarrow(
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
