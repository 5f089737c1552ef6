/**
 * Starts the tensor backend of one contestant in this process.
 */
import { createRequire } from 'node:module';
import { initBackend, tf } from '@marco-ts/core';
import { benchError } from '../bench-error.ts';

/** `marco-wasm` is ours; `tfjs-wasm` is the stock backend, which runs on one thread in Node; `tfjs-node` needs the optional package. */
export const TENSOR_BACKENDS = ['marco-wasm', 'tfjs-wasm', 'tfjs-node'] as const;
export type TensorBackend = (typeof TENSOR_BACKENDS)[number];

/** @returns facts to show: threads, kind of vector instructions, version */
export async function startTensorBackend(name: TensorBackend, numThreads: number): Promise<object> {
  switch (name) {
    case 'marco-wasm': {
      const record = await initBackend({ prefer: ['wasm'], numThreads });
      return { numThreads: record.numThreads, simd: record.simd };
    }
    case 'tfjs-wasm': {
      // It finds its own files only as a CommonJS module; all copies of tfjs in a process share one engine.
      const require = createRequire(import.meta.url);
      const { version_wasm } = require('@tensorflow/tfjs-backend-wasm') as { version_wasm: string };
      if (!(await tf.setBackend('wasm'))) throw benchError('startTensorBackend', 'tfjs-backend-wasm did not start.');
      await tf.ready();
      return { numThreads: 1, version: version_wasm };
    }
    case 'tfjs-node': {
      const record = await initBackend({ prefer: ['node'] });
      return { version: record.version };
    }
  }
}
