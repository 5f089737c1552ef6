/**
 * SIMD building blocks: fused multiply-add, horizontal sums, 4x4 transposition, exp, tanh.
 *
 * Source: exp and tanh follow the minimax polynomials of the Cephes library (expf, tanhf); errors stay below 2 units in the last place.
 */

/** a * b + c; one rounding in the relaxed build, two in the fixed one. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of four lanes in a fixed order. */
// @ts-ignore: decorator
@inline
export function horizontalSum(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 2)) + (f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 3));
}

/** Largest of four lanes; NaN wins. */
// @ts-ignore: decorator
@inline
export function horizontalMax(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** Constants of exp. They are loaded in the loop: V8 builds a vector constant with four instructions, and has no registers to keep twelve of them. */
const EXP: usize = memory.data<f32>([
  -105.0, 89.0, 1.44269504088896341, 12582912.0, -0.693359375, 2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1.0,
]);

// @ts-ignore: decorator
@inline
function constant(i: usize): v128 {
  return v128.load32_splat(EXP + (i << 2));
}

/** e^(x - n ln 2), where n is the whole number next to x / ln 2. */
// @ts-ignore: decorator
@inline
function expOfRemainder(x: v128, n: v128): v128 {
  const r = madd(n, constant(5), madd(n, constant(4), x));
  let p = madd(constant(6), r, constant(7));
  p = madd(p, r, constant(8));
  p = madd(p, r, constant(9));
  p = madd(p, r, constant(10));
  p = madd(p, r, constant(11));
  return f32x4.add(madd(p, f32x4.mul(r, r), r), constant(12));
}

/**
 * e^x per lane: overflow gives Infinity, underflow goes through denormals to 0, NaN stays NaN.
 * pmin and pmax are one instruction each and pass NaN of their first operand; adding 1.5 * 2^23 rounds to a whole number.
 */
// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  const magic = constant(3);
  const clamped = f32x4.pmin(f32x4.pmax(x, constant(0)), constant(1));
  const shifted = madd(clamped, constant(2), magic);
  const n = f32x4.sub(shifted, magic);
  const one = constant(12);
  let p = expOfRemainder(clamped, n);
  const whole = i32x4.sub(shifted, magic);
  const half = i32x4.shr_s(whole, 1);
  const rest = i32x4.sub(whole, half);
  // 127 in the exponent field is the float 1: multiplying by 2^half, then by 2^rest.
  p = f32x4.mul(p, i32x4.add(i32x4.shl(half, 23), one));
  return f32x4.mul(p, i32x4.add(i32x4.shl(rest, 23), one));
}

/**
 * e^x of numbers that are not above 88: 0 below `limit`, which is not below -87.3, so that no result is denormal; NaN stays NaN.
 * Processors take a hundred times as long for a product with a denormal number.
 */
// @ts-ignore: decorator
@inline
export function expFlushed(x: v128, limit: v128): v128 {
  const magic = constant(3);
  const clamped = f32x4.pmax(x, limit);
  const shifted = madd(clamped, constant(2), magic);
  const n = f32x4.sub(shifted, magic);
  const one = constant(12);
  let p = expOfRemainder(clamped, n);
  p = f32x4.mul(p, i32x4.add(i32x4.shl(shifted, 23), one));
  return v128.andnot(p, f32x4.lt(x, limit));
}

/** e^x of one number, by the same arithmetic as the vector form. */
// @ts-ignore: decorator
@inline
export function expScalar(x: f32): f32 {
  return f32x4.extract_lane(expVector(f32x4.splat(x)), 0);
}

/** 1 / (1 + e^-x) per lane. */
// @ts-ignore: decorator
@inline
export function sigmoidVector(x: v128): v128 {
  const one = f32x4.splat(1.0);
  return f32x4.div(one, f32x4.add(one, expVector(f32x4.neg(x))));
}

/** tanh per lane: an odd polynomial near zero, 1 - 2 / (e^2x + 1) elsewhere. */
// @ts-ignore: decorator
@inline
export function tanhVector(x: v128): v128 {
  const one = f32x4.splat(1.0);
  const z = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2.0), f32x4.add(expVector(f32x4.add(x, x)), one)));
  return v128.bitselect(near, far, f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)));
}

/** First `count` floats at `source`, four at most, zeros after. */
export function loadPartial(source: usize, count: i32): v128 {
  if (count >= 4) return v128.load(source);
  let v = f32x4.splat(0);
  if (count > 0) v = f32x4.replace_lane(v, 0, load<f32>(source));
  if (count > 1) v = f32x4.replace_lane(v, 1, load<f32>(source, 4));
  if (count > 2) v = f32x4.replace_lane(v, 2, load<f32>(source, 8));
  return v;
}

/** Writes the first `count` lanes, four at most. */
export function storePartial(target: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(target, v);
    return;
  }
  if (count > 0) store<f32>(target, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(target, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(target, f32x4.extract_lane(v, 2), 8);
}
