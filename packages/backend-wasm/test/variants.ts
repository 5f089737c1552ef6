/** The builds and memories that every kernel is tested on, registered side by side under names of their own. */
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { registerWasmBackendAs } from '../src/register-wasm-backend.ts';
import type { WasmRuntime, WasmRuntimeOptions } from '../src/runtime/wasm-runtime.ts';

const OPTIONS: Readonly<Record<string, WasmRuntimeOptions>> = {
  'best, 1 thread': { numThreads: 1 },
  'best, 2 threads': { numThreads: 2 },
  'relaxed, 1 thread': { simd: 'relaxed', numThreads: 1 },
  'fixed, 1 thread': { simd: 'fixed', numThreads: 1 },
  'fixed, memory not shared': { simd: 'fixed', shared: false },
};

export const VARIANTS: readonly string[] = Object.keys(OPTIONS);

export type Numbers = Float32Array | Int32Array | Uint8Array;

const runtimes = new Map<string, WasmRuntime>();

/** Registers all variants; call it in beforeAll. */
export async function registerVariants(): Promise<ReadonlyMap<string, WasmRuntime>> {
  for (const [name, options] of Object.entries(OPTIONS)) {
    if (!runtimes.has(name)) runtimes.set(name, (await registerWasmBackendAs(name, options)).runtime);
  }
  return runtimes;
}

/** Runs `build` on a backend inside a tidy and reads what it returns. */
export async function runOn(name: string, build: () => tf.Tensor | tf.Tensor[]): Promise<Numbers[]> {
  await tf.setBackend(name);
  return tf.tidy(() => {
    const built = build();
    return (Array.isArray(built) ? built : [built]).map((t) => t.dataSync() as Numbers);
  });
}

/** Calls a kernel by name, as `core` does. */
export function kernel(name: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown> = {}): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  return Array.isArray(result) ? result : [result];
}

/** Reproducible numbers in [-1, 1). */
export function randomFloats(length: number, seed: number): Float32Array {
  const values = new Float32Array(length);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  return values;
}

/** Largest |a - b| / (1 + |b|); NaN agrees with NaN, an infinity with itself. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b) continue;
    const error = Math.abs(a - b) / (1 + Math.abs(b));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}
