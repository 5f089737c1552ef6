/**
 * Dot products of rows of A and rows of B, neither packed: what a decoding batch needs, which reads every weight once.
 */
import { horizontalSum, madd } from '../simd';

/** c (+)= x . y, by four sums so that no product waits for the one before. */
export function dot(k: i32, x: usize, y: usize, c: usize, accumulate: i32): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= k; i += 16) {
    s0 = madd(v128.load(x), v128.load(y), s0);
    s1 = madd(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = madd(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = madd(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  finish(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), x, y, k - i, c, accumulate);
}

/**
 * C[4, 2] (+)= four rows of A times two rows of B: six loads for eight products, where one row and one column take two loads for each.
 *
 * Eight rows and one column were 10 % faster where the rows fit the first cache (k = 896) and 10 % slower where not (k = 4864).
 */
export function dots4x2(
  k: i32, x0: usize, strideA: usize, y0: usize, strideB: usize, c: usize, strideC: usize, accumulate: i32,
): void {
  let x1 = x0 + strideA;
  let x2 = x1 + strideA;
  let x3 = x2 + strideA;
  let y1 = y0 + strideB;
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s20 = f32x4.splat(0);
  let s21 = f32x4.splat(0);
  let s30 = f32x4.splat(0);
  let s31 = f32x4.splat(0);
  const end = x0 + (<usize>(k & -4) << 2);
  while (x0 < end) {
    const b0 = v128.load(y0);
    const b1 = v128.load(y1);
    const a0 = v128.load(x0);
    s00 = madd(a0, b0, s00);
    s01 = madd(a0, b1, s01);
    const a1 = v128.load(x1);
    s10 = madd(a1, b0, s10);
    s11 = madd(a1, b1, s11);
    const a2 = v128.load(x2);
    s20 = madd(a2, b0, s20);
    s21 = madd(a2, b1, s21);
    const a3 = v128.load(x3);
    s30 = madd(a3, b0, s30);
    s31 = madd(a3, b1, s31);
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
    y0 += 16;
    y1 += 16;
  }
  const rest = k & 3;
  finish(s00, x0, y0, rest, c, accumulate);
  finish(s01, x0, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(s10, x1, y0, rest, c, accumulate);
  finish(s11, x1, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(s20, x2, y0, rest, c, accumulate);
  finish(s21, x2, y1, rest, c + 4, accumulate);
  c += strideC;
  finish(s30, x3, y0, rest, c, accumulate);
  finish(s31, x3, y1, rest, c + 4, accumulate);
}

/** c (+)= the four sums and the last products, which fill no vector. */
function finish(sums: v128, x: usize, y: usize, count: i32, c: usize, accumulate: i32): void {
  let sum = horizontalSum(sums);
  for (let i: usize = 0; i < <usize>count << 2; i += 4) sum += load<f32>(x + i) * load<f32>(y + i);
  store<f32>(c, accumulate ? load<f32>(c) + sum : sum);
}
