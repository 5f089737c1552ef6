/** Finds out which SIMD instructions the engine has by validating modules of one instruction. */

/** 'wide': relaxed SIMD whose pairs of operations V8 joins into 256-bit ones (compile-wide.ts) */
export type SimdLevel = 'wide' | 'relaxed' | 'fixed';

/** A module with one function that runs one SIMD instruction and drops its result. */
function moduleWith(code: number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x1a, 0x0b];
  return new Uint8Array([
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    0x01,
    0x04,
    0x01,
    0x60,
    0x00,
    0x00,
    0x03,
    0x02,
    0x01,
    0x00,
    0x0a,
    body.length + 2,
    0x01,
    body.length,
    ...body,
  ]);
}

/** i32.const 0; i8x16.splat */
const ZERO = [0x41, 0x00, 0xfd, 0x0f];
/** f32x4.relaxed_madd */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** @returns the best level that the engine declares, or null when the engine has no SIMD at all */
export function detectSimd(): 'relaxed' | 'fixed' | null {
  if (typeof WebAssembly === 'undefined') return null;
  if (WebAssembly.validate(moduleWith([...ZERO, ...ZERO, ...ZERO, ...RELAXED_MADD]))) return 'relaxed';
  return WebAssembly.validate(moduleWith(ZERO)) ? 'fixed' : null;
}
