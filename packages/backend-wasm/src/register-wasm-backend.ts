/** Registers the tfjs backend 'marco-wasm'. */
import { registerBackend } from '@tensorflow/tfjs-core';
import { registerKernels } from './kernels/register-kernels.ts';
import type { SimdLevel } from './runtime/detect-simd.ts';
import { createWasmRuntime, type WasmRuntime, type WasmRuntimeOptions } from './runtime/wasm-runtime.ts';
import { MarcoWasmBackend } from './wasm-backend.ts';

/** Threads and instruction set of the backend. */
export interface WasmBackendOptions {
  /** threads to use, this one included; default: every core, at most 8 */
  readonly numThreads?: number;
  /** 'relaxed' does without 256-bit vectors, 'fixed' without relaxed SIMD too; default: the best that the engine has */
  readonly simd?: SimdLevel;
}

/** What was chosen, and why it is not more. */
export interface WasmBackendRecord {
  readonly name: string;
  readonly simd: SimdLevel;
  readonly numThreads: number;
  /** whether the memory is shared, as threads need it */
  readonly shared: boolean;
  readonly notes: readonly string[];
}

/** Below tfjs's own backends' priorities: registering must never take over a program that did not call setBackend. */
const PRIORITY = 0;

/** Starts a runtime and registers it under any name; the tests register several side by side. */
export async function registerWasmBackendAs(
  name: string,
  options: WasmRuntimeOptions,
): Promise<{ record: WasmBackendRecord; runtime: WasmRuntime }> {
  const runtime = await createWasmRuntime(options);
  registerKernels(name);
  registerBackend(name, () => new MarcoWasmBackend(runtime), PRIORITY);
  const { simd, numThreads, shared, notes } = runtime;
  return { record: Object.freeze({ name, simd, numThreads, shared, notes }), runtime };
}

let registered: Promise<WasmBackendRecord> | null = null;

/**
 * Registers the backend once; later calls give the first call's record, whatever their options. Choose it with `tf.setBackend('marco-wasm')`.
 *
 * @throws Error when the engine has no WebAssembly SIMD or an option is wrong; a later call may then try again
 */
export function registerWasmBackend(options: WasmBackendOptions = {}): Promise<WasmBackendRecord> {
  registered ??= registerWasmBackendAs('marco-wasm', options).then(
    ({ record }) => record,
    (error: unknown) => {
      registered = null;
      throw error;
    },
  );
  return registered;
}
