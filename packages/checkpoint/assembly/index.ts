/**
 * Conversions between float32 and F16, BF16 and Q8_0, four or eight values at a time.
 *
 * Rounding is to nearest, ties to even, as in PyTorch; Q8_0 rounds halves away from zero, as ggml does.
 * Memory: float32 values lie from `FLOATS` on, the other side from `BLOCKS` on.
 */

/** 32,768 float32 values. */
const FLOATS: usize = 65536;
/** 32,768 values of 16 bits, or 1024 blocks of Q8_0. */
const BLOCKS: usize = FLOATS + 131072;

const Q8_0_BYTES: usize = 34;
const FIRST_SPECIAL: i32 = 0x7f800000;

/** Words that fill all lanes. They are loaded where they are used: V8 builds a vector constant with four instructions, again for every vector. */
const WORDS: usize = memory.data<u32>([
  0x7fff, 0x8000, 0x38800000, 0x38000000, 0x0f800000, 0x7f800000, 0x00800000, 0x7fffffff, 1, 0xc8000fff, 0x3f000000, 0x7c00, 0x477ff000, 0x7e00,
  0x7fc0, 0x7f7f8000, 0x4b400000, 0x80000000, 0x3effffff, 0x06800000, 0x1f800, 0x7fff7fff,
  0x80008000, 0x38003800, 0x7c007c00, 0xf7fff7ff,
]);

const MAGNITUDE_16: usize = 0;
const SIGN_16: usize = 1;
/** The exponent of 2^-14, the least normal F16. */
const LEAST_NORMAL: usize = 2;
/** From the exponent of F16 to that of float32. */
const REBASE: usize = 3;
const F16_SPECIAL_SHIFTED: usize = 4;
const INFINITY: usize = 5;
const F16_NORMAL_SHIFTED: usize = 6;
const MAGNITUDE: usize = 7;
const ONE: usize = 8;
/** 0xfff rounds, and the exponent's origin moves from 127 to 15. */
const F16_ROUND: usize = 9;
const HALF: usize = 10;
const F16_INFINITY: usize = 11;
const F16_OVERFLOW: usize = 12;
const F16_NAN: usize = 13;
const BF16_NAN: usize = 14;
const BF16_OVERFLOW: usize = 15;
/** 1.5 * 2^23 as a float32: a small whole number added to it is added to its bits. */
const WHOLE: usize = 16;
const SIGN: usize = 17;
/** The float32 before 0.5. */
const BELOW_HALF: usize = 18;
/** From the exponent of a power of two to that of 2^13 times it. */
const THIRTEEN_POWERS: usize = 19;
/** What the exponent of such a power exceeds F16's by, and the leading digit. */
const F16_ORIGIN: usize = 20;
/** Two F16 values, or the upper halves of two float32, in each lane. */
const PAIR_MAGNITUDE: usize = 21;
const PAIR_SIGN: usize = 22;
const PAIR_REBASE: usize = 23;
/** Added to a magnitude it makes the least normal one the least of all signed numbers, and `PAIR_ORDINARY` the largest finite one. */
const PAIR_TO_LEAST: usize = 24;
const PAIR_ORDINARY: usize = 25;

// @ts-expect-error: decorator
@inline
function word(index: usize): v128 {
  return v128.load32_splat(WORDS + (index << 2));
}

export function floatsAt(): usize {
  return FLOATS;
}

export function blocksAt(): usize {
  return BLOCKS;
}

/** Four F16 values, one in each lane, to float32. */
// @ts-expect-error: decorator
@inline
function fromF16(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, word(MAGNITUDE_16)), 13);
  const sign = i32x4.shl(v128.and(bits, word(SIGN_16)), 16);
  // Subnormal numbers count units of 2^-24: with the exponent of 2^-14 put in and taken off again they are numbers of float32.
  const least = word(LEAST_NORMAL);
  const subnormal = f32x4.sub(i32x4.add(magnitude, least), least);
  const rebased = i32x4.add(magnitude, word(REBASE));
  const special = i32x4.ge_s(magnitude, word(F16_SPECIAL_SHIFTED));
  const normal = v128.or(rebased, v128.and(special, word(INFINITY)));
  return v128.or(v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, word(F16_NORMAL_SHIFTED))), sign);
}

/** Four float32 values to F16, one in each lane. */
// @ts-expect-error: decorator
@inline
function toF16(value: v128): v128 {
  const magnitude = v128.and(value, word(MAGNITUDE));
  const sign = v128.and(i32x4.shr_u(value, 16), word(SIGN_16));
  const odd = v128.and(i32x4.shr_u(magnitude, 13), word(ONE));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, word(F16_ROUND)), odd), 13);
  // Beside 0.5 the last place of a float32 is 2^-24, the unit of subnormal F16.
  const half = word(HALF);
  const subnormal = i32x4.sub(f32x4.add(magnitude, half), half);
  let result = v128.bitselect(subnormal, normal, i32x4.lt_s(magnitude, word(LEAST_NORMAL)));
  result = v128.bitselect(word(F16_INFINITY), result, i32x4.ge_s(magnitude, word(F16_OVERFLOW)));
  result = v128.bitselect(word(F16_NAN), result, i32x4.gt_s(magnitude, word(INFINITY)));
  return v128.or(result, sign);
}

/** Four float32 values that BF16 can hold to its bits, one in each lane. */
// @ts-expect-error: decorator
@inline
function finiteToBF16(value: v128, one: v128, round: v128): v128 {
  const odd = v128.and(i32x4.shr_u(value, 16), one);
  return i32x4.shr_u(i32x4.add(i32x4.add(value, round), odd), 16);
}

/** Four float32 values, infinities and NaN too, to BF16, one in each lane. */
// @ts-expect-error: decorator
@inline
function toBF16(value: v128): v128 {
  const magnitude = v128.and(value, word(MAGNITUDE));
  const sign = v128.and(i32x4.shr_u(value, 16), word(SIGN_16));
  const nan = v128.or(sign, word(BF16_NAN));
  return v128.bitselect(nan, finiteToBF16(value, word(ONE), word(MAGNITUDE_16)), i32x4.gt_s(magnitude, word(INFINITY)));
}

/** Lanes that are finite and at least `limit` in magnitude. */
// @ts-expect-error: decorator
@inline
function overflows(value: v128, limit: usize): v128 {
  const magnitude = v128.and(value, word(MAGNITUDE));
  return v128.and(i32x4.ge_s(magnitude, word(limit)), i32x4.lt_s(magnitude, word(INFINITY)));
}

/** Index of the first value from `at` on that is finite and at least `limit` in magnitude; there is one. */
function firstOverflow(at: usize, limit: i32): i32 {
  let magnitude = load<i32>(at) & 0x7fffffff;
  while (magnitude < limit || magnitude >= FIRST_SPECIAL) {
    at += 4;
    magnitude = load<i32>(at) & 0x7fffffff;
  }
  return <i32>((at - FLOATS) >> 2);
}

/**
 * Four float32 values, below 65520 in magnitude, to F16, one in each lane.
 *
 * Added to a power of two 2^13 times its own, a value is rounded to eleven digits, which are then the last bits of the sum.
 */
// @ts-expect-error: decorator
@inline
function finiteToF16(value: v128, magnitude: v128, powers: v128, least: v128, thirteen: v128, origin: v128): v128 {
  const absolute = v128.and(value, magnitude);
  const power = i32x4.add(i32x4.max_s(v128.and(value, powers), least), thirteen);
  const digits = i32x4.sub(f32x4.add(absolute, power), power);
  const sign = v128.and(i32x4.shr_u(value, 16), word(SIGN_16));
  return v128.or(i32x4.add(i32x4.sub(i32x4.shr_u(power, 13), origin), digits), sign);
}

/** @param count a multiple of 128, as everywhere here */
export function decodeF16(count: i32): void {
  const ordinary = word(PAIR_ORDINARY);
  const magnitude = word(PAIR_MAGNITUDE);
  const sign = word(PAIR_SIGN);
  const rebase = word(PAIR_REBASE);
  const toLeast = word(PAIR_TO_LEAST);
  let from = BLOCKS;
  let to = FLOATS;
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    const bits = v128.load(from);
    const absolute = v128.and(bits, magnitude);
    if (v128.any_true(i16x8.gt_s(i16x8.add(absolute, toLeast), ordinary))) {
      v128.store(to, fromF16(i32x4.extend_low_i16x8_u(bits)));
      v128.store(to, fromF16(i32x4.extend_high_i16x8_u(bits)), 16);
      continue;
    }
    // Without subnormal numbers, infinities and NaN the halves of the float32 are made by themselves.
    const upper = v128.or(v128.and(bits, sign), i16x8.add(i16x8.shr_u(absolute, 3), rebase));
    const lower = i16x8.shl(bits, 13);
    v128.store(to, v128.shuffle<i16>(lower, upper, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(lower, upper, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}

export function decodeBF16(count: i32): void {
  let from = BLOCKS;
  let to = FLOATS;
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    const bits = v128.load(from);
    v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(bits), 16));
    v128.store(to, i32x4.shl(i32x4.extend_high_i16x8_u(bits), 16), 16);
  }
}

/** The larger of each lane's magnitudes. */
// @ts-expect-error: decorator
@inline
function largerOf(low: v128, high: v128, magnitude: v128): v128 {
  return i32x4.max_s(v128.and(low, magnitude), v128.and(high, magnitude));
}

/** @returns the index of the first finite value that became infinite, or -1 */
export function encodeF16(count: i32): i32 {
  const magnitude = word(MAGNITUDE);
  const powers = word(INFINITY);
  const least = word(LEAST_NORMAL);
  const thirteen = word(THIRTEEN_POWERS);
  const origin = word(F16_ORIGIN);
  const limit = word(F16_OVERFLOW);
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 8, from += 32, to += 16) {
    const low = v128.load(from);
    const high = v128.load(from, 16);
    if (v128.any_true(i32x4.ge_s(largerOf(low, high, magnitude), limit))) {
      if (v128.any_true(v128.or(overflows(low, F16_OVERFLOW), overflows(high, F16_OVERFLOW)))) return firstOverflow(from, 0x477ff000);
      v128.store(to, i16x8.narrow_i32x4_u(toF16(low), toF16(high)));
      continue;
    }
    const lowBits = finiteToF16(low, magnitude, powers, least, thirteen, origin);
    v128.store(to, i16x8.narrow_i32x4_u(lowBits, finiteToF16(high, magnitude, powers, least, thirteen, origin)));
  }
  return -1;
}

/** @returns as `encodeF16` */
export function encodeBF16(count: i32): i32 {
  const magnitude = word(MAGNITUDE);
  const limit = word(BF16_OVERFLOW);
  const one = word(ONE);
  const round = word(MAGNITUDE_16);
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 8, from += 32, to += 16) {
    const low = v128.load(from);
    const high = v128.load(from, 16);
    if (v128.any_true(i32x4.ge_s(largerOf(low, high, magnitude), limit))) {
      if (v128.any_true(v128.or(overflows(low, BF16_OVERFLOW), overflows(high, BF16_OVERFLOW)))) return firstOverflow(from, 0x7f7f8000);
      v128.store(to, i16x8.narrow_i32x4_u(toBF16(low), toBF16(high)));
      continue;
    }
    v128.store(to, i16x8.narrow_i32x4_u(finiteToBF16(low, one, round), finiteToBF16(high, one, round)));
  }
  return -1;
}

/** Four blocks of Q8_0 are worked on at once: their scales are the lanes of one vector. */
const FOUR_BYTES: usize = 4 * Q8_0_BYTES;

// @ts-expect-error: decorator
@inline
function storeScaled(to: usize, values: v128, scale: v128): void {
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values)), scale));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values)), scale), 16);
}

// @ts-expect-error: decorator
@inline
function decodeBlock(from: usize, to: usize, scale: v128): void {
  const low = v128.load(from, 2);
  const high = v128.load(from, 18);
  storeScaled(to, i16x8.extend_low_i8x16_s(low), scale);
  storeScaled(to + 32, i16x8.extend_high_i8x16_s(low), scale);
  storeScaled(to + 64, i16x8.extend_low_i8x16_s(high), scale);
  storeScaled(to + 96, i16x8.extend_high_i8x16_s(high), scale);
}

export function decodeQ8_0(count: i32): void {
  let from = BLOCKS;
  let to = FLOATS;
  for (let i = 0; i < count; i += 128, from += FOUR_BYTES, to += 512) {
    let bits = v128.load16_splat(from);
    bits = v128.load16_lane(from, bits, 2, Q8_0_BYTES);
    bits = v128.load16_lane(from, bits, 4, 2 * Q8_0_BYTES);
    bits = v128.load16_lane(from, bits, 6, 3 * Q8_0_BYTES);
    const scales = fromF16(bits);
    decodeBlock(from, to, v128.shuffle<i32>(scales, scales, 0, 0, 0, 0));
    decodeBlock(from + Q8_0_BYTES, to + 128, v128.shuffle<i32>(scales, scales, 1, 1, 1, 1));
    decodeBlock(from + 2 * Q8_0_BYTES, to + 256, v128.shuffle<i32>(scales, scales, 2, 2, 2, 2));
    decodeBlock(from + 3 * Q8_0_BYTES, to + 384, v128.shuffle<i32>(scales, scales, 3, 3, 3, 3));
  }
}

/** The largest magnitudes of the block at `from`, in each lane of eight values. Of numbers without their sign the larger one has the larger bits. */
// @ts-expect-error: decorator
@inline
function largestOf(from: usize, magnitude: v128): v128 {
  let largest = v128.and(v128.load(from), magnitude);
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 16), magnitude));
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 32), magnitude));
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 48), magnitude));
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 64), magnitude));
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 80), magnitude));
  largest = i32x4.max_s(largest, v128.and(v128.load(from, 96), magnitude));
  return i32x4.max_s(largest, v128.and(v128.load(from, 112), magnitude));
}

/** The four values at `from` by the scale's inverse and rounded, halves away from zero. */
// @ts-expect-error: decorator
@inline
function quantized(from: usize, inverse: v128, sign: v128, half: v128, whole: v128): v128 {
  const scaled = f32x4.mul(v128.load(from), inverse);
  // With the number below 0.5 added, what is cut off leaves the nearest: a half becomes whole, and what is less than a half does not.
  const further = f32x4.add(scaled, v128.or(v128.and(scaled, sign), half));
  // At most 127.5 in magnitude, where the relaxed instruction has but one result.
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_trunc_f32x4_s(further);
  return i32x4.sub(f32x4.add(f32x4.trunc(further), whole), whole);
}

// @ts-expect-error: decorator
@inline
function encodeBlock(from: usize, to: usize, inverse: v128, sign: v128, half: v128, whole: v128): void {
  for (let part: usize = 0; part < 2; part++) {
    const at = from + part * 64;
    const low = i16x8.narrow_i32x4_s(quantized(at, inverse, sign, half, whole), quantized(at + 16, inverse, sign, half, whole));
    const high = i16x8.narrow_i32x4_s(quantized(at + 32, inverse, sign, half, whole), quantized(at + 48, inverse, sign, half, whole));
    v128.store(to + part * 16, i8x16.narrow_i16x8_s(low, high), 2);
  }
}

/** @returns the index of the first value that is not finite or too large for an F16 scale, or -1 */
export function encodeQ8_0(count: i32): i32 {
  const magnitude = word(MAGNITUDE);
  const sign = word(SIGN);
  const half = word(BELOW_HALF);
  const whole = word(WHOLE);
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 128, from += 512, to += FOUR_BYTES) {
    const a = largestOf(from, magnitude);
    const b = largestOf(from + 128, magnitude);
    const c = largestOf(from + 256, magnitude);
    const d = largestOf(from + 384, magnitude);
    const ab = i32x4.max_s(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
    const cd = i32x4.max_s(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
    const largest = i32x4.max_s(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
    const scales = f32x4.div(largest, f32x4.splat(127));
    if (!i32x4.all_true(f32x4.le(scales, f32x4.splat(65504)))) return firstUnscaled(from);
    const bits = toF16(scales);
    v128.store16_lane(to, bits, 0);
    v128.store16_lane(to, bits, 2, Q8_0_BYTES);
    v128.store16_lane(to, bits, 4, 2 * Q8_0_BYTES);
    v128.store16_lane(to, bits, 6, 3 * Q8_0_BYTES);
    // Values too small for a scale that has an inverse become zeros.
    let inverses = f32x4.div(f32x4.splat(1), scales);
    inverses = v128.and(inverses, f32x4.lt(inverses, word(INFINITY)));
    encodeBlock(from, to, v128.shuffle<i32>(inverses, inverses, 0, 0, 0, 0), sign, half, whole);
    encodeBlock(from + 128, to + Q8_0_BYTES, v128.shuffle<i32>(inverses, inverses, 1, 1, 1, 1), sign, half, whole);
    encodeBlock(from + 256, to + 2 * Q8_0_BYTES, v128.shuffle<i32>(inverses, inverses, 2, 2, 2, 2), sign, half, whole);
    encodeBlock(from + 384, to + 3 * Q8_0_BYTES, v128.shuffle<i32>(inverses, inverses, 3, 3, 3, 3), sign, half, whole);
  }
  return -1;
}

/** Index of the largest value of the first block from `at` on whose scale F16 cannot hold; there is one. */
function firstUnscaled(at: usize): i32 {
  for (; ; at += 128) {
    let bits = 0;
    for (let j: usize = 0; j < 128; j += 4) bits = max(bits, load<i32>(at + j) & 0x7fffffff);
    if (reinterpret<f32>(bits) / <f32>127 <= <f32>65504) continue;
    while ((load<i32>(at) & 0x7fffffff) != bits) at += 4;
    return <i32>((at - FLOATS) >> 2);
  }
}
