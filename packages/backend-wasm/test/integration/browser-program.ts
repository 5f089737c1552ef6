/**
 * What runs inside the page, or inside a worker of the page: the backend starts with the options of the address and computes
 * `mixedWork`; each result is summed up as a hash of its bits.
 */
import * as tf from '@tensorflow/tfjs-core';
import { registerWasmBackendAs } from '../../src/register-wasm-backend.ts';
import type { WasmRuntimeOptions } from '../../src/runtime/wasm-runtime.ts';
import { hashBits } from '../hash-bits.ts';
import { mixedWork } from '../mixed-work.ts';

async function runProgram(options: WasmRuntimeOptions) {
  const { record, runtime } = await registerWasmBackendAs('marco-wasm', options);
  await tf.setBackend('marco-wasm');
  const hashes: string[] = [];
  for (let round = 0; round < 5; round++) {
    const results = tf.tidy(mixedWork);
    hashes.push(results.map((tensor) => hashBits(tensor.dataSync() as Float32Array)).join(' '));
    tf.dispose(results);
    // A page lives on its event loop: a worker that came late may join.
    await new Promise((turn) => setTimeout(turn));
  }
  const { numTensors } = tf.memory();
  return { record, hashes, tasksByWorkers: runtime.tasksByWorkers(), bytesInUse: runtime.bytesInUse(), numTensors };
}

export type ProgramResult = Awaited<ReturnType<typeof runProgram>>;

if (typeof document === 'undefined') {
  addEventListener('message', async ({ data: options }) => {
    postMessage(await runProgram(options).catch((error: unknown) => ({ error: String(error) })));
  });
} else {
  Object.assign(globalThis, { runProgram });
}
