/**
 * Finds out which SIMD instructions the engine has by validating modules of one instruction.
 *
 * Source: the WebAssembly SIMD and relaxed SIMD proposals (opcodes).
 */

/** 'wide': relaxed SIMD whose pairs of operations V8 joins into 256-bit ones (compile-wide.ts) */
export type SimdLevel = 'wide' | 'relaxed' | 'fixed';

/** `i32.const 0; i8x16.splat` */
const ZEROS = [0x41, 0x00, 0xfd, 0x0f];
/** `f32x4.relaxed_madd` */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** @returns the best level that the engine declares, or null when the engine has no SIMD at all */
export function detectSimd(): 'relaxed' | 'fixed' | null {
  if (typeof WebAssembly === 'undefined') return null;
  if (WebAssembly.validate(moduleWith([...ZEROS, ...ZEROS, ...ZEROS, ...RELAXED_MADD]))) return 'relaxed';
  return WebAssembly.validate(moduleWith(ZEROS)) ? 'fixed' : null;
}

/** A module with one function that runs the code and drops the vector it leaves. */
function moduleWith(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x1a, 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
  const functions = [0x03, 0x02, 0x01, 0x00];
  return Uint8Array.from([...header, ...types, ...functions, 0x0a, body.length + 2, 0x01, body.length, ...body]);
}
