/**
 * Which WebAssembly features this engine has, found by validating modules of one instruction each.
 *
 * Source: the WebAssembly SIMD and relaxed SIMD proposals (opcodes).
 */
import type { BackendProbe } from './backend-record.ts';

/** `i32.const 0; i8x16.splat` */
const ZEROS = [0x41, 0x00, 0xfd, 0x0f];
/** `f32x4.relaxed_madd` */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

export function describeWasmEngine(): Omit<BackendProbe, 'name'> {
  if (typeof WebAssembly === 'undefined') {
    return {
      available: false,
      facts: {},
      missing: 'this engine has no WebAssembly.',
      fix: 'Use a current browser or Node.',
    };
  }
  const hasSimd = WebAssembly.validate(moduleWith(ZEROS));
  const hasRelaxedSimd = WebAssembly.validate(moduleWith([...ZEROS, ...ZEROS, ...ZEROS, ...RELAXED_MADD]));
  const hasThreads = typeof SharedArrayBuffer !== 'undefined';
  const facts = {
    simd: hasRelaxedSimd ? 'relaxed' : hasSimd ? 'fixed' : 'none',
    threads: hasThreads ? 'shared memory' : 'one thread: the page must be cross-origin isolated for more',
    processors: String(globalThis.navigator?.hardwareConcurrency ?? 1),
  };
  if (hasSimd) return { available: true, facts };
  return {
    available: false,
    facts,
    missing: 'this engine has no WebAssembly SIMD.',
    fix: 'Use a browser or Node from 2021 on.',
  };
}

/** A module with one function that runs the code and drops the vector it leaves. */
function moduleWith(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x1a, 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
  const functions = [0x03, 0x02, 0x01, 0x00];
  return Uint8Array.from([...header, ...types, ...functions, 0x0a, body.length + 2, 0x01, body.length, ...body]);
}
