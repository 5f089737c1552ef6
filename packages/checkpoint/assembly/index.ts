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
  0x7fc0, 0x7f7f8000, 0x4b000000,
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
/** 2^23 as a float32: a small whole number added to it is its last bits. */
const WHOLE: usize = 16;

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

/** Four float32 values to BF16, one in each lane. */
// @ts-expect-error: decorator
@inline
function toBF16(value: v128): v128 {
  const odd = v128.and(i32x4.shr_u(value, 16), word(ONE));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(value, word(MAGNITUDE_16)), odd), 16);
  const magnitude = v128.and(value, word(MAGNITUDE));
  const sign = v128.and(i32x4.shr_u(value, 16), word(SIGN_16));
  const nan = v128.or(sign, word(BF16_NAN));
  return v128.bitselect(nan, rounded, i32x4.gt_s(magnitude, word(INFINITY)));
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

/** @param count a multiple of 8, as everywhere here */
export function decodeF16(count: i32): void {
  let from = BLOCKS;
  let to = FLOATS;
  for (let i = 0; i < count; i += 8, from += 16, to += 32) {
    const bits = v128.load(from);
    v128.store(to, fromF16(i32x4.extend_low_i16x8_u(bits)));
    v128.store(to, fromF16(i32x4.extend_high_i16x8_u(bits)), 16);
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

/** @returns the index of the first finite value that became infinite, or -1 */
export function encodeF16(count: i32): i32 {
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 8, from += 32, to += 16) {
    const low = v128.load(from);
    const high = v128.load(from, 16);
    if (v128.any_true(v128.or(overflows(low, F16_OVERFLOW), overflows(high, F16_OVERFLOW)))) return firstOverflow(from, 0x477ff000);
    v128.store(to, i16x8.narrow_i32x4_u(toF16(low), toF16(high)));
  }
  return -1;
}

/** @returns as `encodeF16` */
export function encodeBF16(count: i32): i32 {
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 8, from += 32, to += 16) {
    const low = v128.load(from);
    const high = v128.load(from, 16);
    if (v128.any_true(v128.or(overflows(low, BF16_OVERFLOW), overflows(high, BF16_OVERFLOW)))) return firstOverflow(from, 0x7f7f8000);
    v128.store(to, i16x8.narrow_i32x4_u(toBF16(low), toBF16(high)));
  }
  return -1;
}

// @ts-expect-error: decorator
@inline
function storeScaled(to: usize, values: v128, scale: v128): void {
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(values)), scale));
  v128.store(to, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(values)), scale), 16);
}

/** @param count values, a multiple of 32 */
export function decodeQ8_0(count: i32): void {
  let from = BLOCKS;
  let to = FLOATS;
  for (let i = 0; i < count; i += 32, from += Q8_0_BYTES, to += 128) {
    const scale = fromF16(i32x4.splat(<i32>load<u16>(from)));
    for (let half: usize = 0; half < 2; half++) {
      const values = v128.load(from + half * 16, 2);
      storeScaled(to + half * 64, i16x8.extend_low_i8x16_s(values), scale);
      storeScaled(to + half * 64 + 32, i16x8.extend_high_i8x16_s(values), scale);
    }
  }
}

/** The four values at `from` divided by the scale and rounded, halves away from zero. */
// @ts-expect-error: decorator
@inline
function quantized(from: usize, inverse: v128): v128 {
  const value = v128.load(from);
  const scaled = f32x4.mul(f32x4.abs(value), inverse);
  const whole = f32x4.trunc(scaled);
  const up = f32x4.ge(f32x4.sub(scaled, whole), word(HALF));
  const magnitude = i32x4.sub(i32x4.sub(f32x4.add(whole, word(WHOLE)), word(WHOLE)), up);
  const sign = i32x4.shr_s(value, 31);
  return i32x4.sub(v128.xor(magnitude, sign), sign);
}

/**
 * @param count values, a multiple of 32
 * @returns the index of the first value that is not finite or too large for an F16 scale, or -1
 */
export function encodeQ8_0(count: i32): i32 {
  let from = FLOATS;
  let to = BLOCKS;
  for (let i = 0; i < count; i += 32, from += 128, to += Q8_0_BYTES) {
    // Of numbers without their sign the larger one has the larger bits; infinity and NaN are above all.
    let largest = i32x4.splat(0);
    for (let j: usize = 0; j < 128; j += 16) largest = i32x4.max_s(largest, v128.and(v128.load(from + j), word(MAGNITUDE)));
    largest = i32x4.max_s(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
    const bits = max(i32x4.extract_lane(largest, 0), i32x4.extract_lane(largest, 1));
    const scale = reinterpret<f32>(bits) / <f32>127;
    if (!(scale <= <f32>65504)) {
      let at = from;
      while ((load<i32>(at) & 0x7fffffff) != bits) at += 4;
      return <i32>((at - FLOATS) >> 2);
    }
    store<u16>(to, <u16>i32x4.extract_lane(toF16(f32x4.splat(scale)), 0));
    const inverse = <f32>1 / scale;
    if (scale == 0 || inverse == f32.POSITIVE_INFINITY) {
      memory.fill(to + 2, 0, 32);
      continue;
    }
    const factor = f32x4.splat(inverse);
    for (let half: usize = 0; half < 2; half++) {
      const at = from + half * 64;
      const low = i16x8.narrow_i32x4_s(quantized(at, factor), quantized(at + 16, factor));
      const high = i16x8.narrow_i32x4_s(quantized(at + 32, factor), quantized(at + 48, factor));
      v128.store(to + half * 16, i8x16.narrow_i16x8_s(low, high), 2);
    }
  }
  return -1;
}
