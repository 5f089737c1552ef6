/**
 * Starts the tensor backend of one contestant in this process.
 */
import { createRequire } from 'node:module';
import { initBackend, probeBackends, tf } from '@marco-ts/core';
import { benchError } from '../bench-error.ts';

/**
 * `marco-wasm` is ours; `tfjs-wasm` and `tfjs-webgpu` are the stock backends, the former on one thread in Node; `tfjs-node` needs the optional
 * package.
 */
export const TENSOR_BACKENDS = ['marco-wasm', 'tfjs-wasm', 'tfjs-node', 'tfjs-webgpu'] as const;
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
    case 'tfjs-webgpu': {
      // Looking for an adapter brings `navigator.gpu`, which the stock backend wants while it is imported.
      const webgpu = (await probeBackends()).find((probe) => probe.name === 'webgpu');
      if (!webgpu?.available) throw benchError('startTensorBackend', `${webgpu?.missing} ${webgpu?.fix ?? ''}`);
      await import('@tensorflow/tfjs-backend-webgpu');
      if (!(await tf.setBackend('webgpu')))
        throw benchError('startTensorBackend', 'tfjs-backend-webgpu did not start.');
      await tf.ready();
      const require = createRequire(import.meta.url);
      const { version } = require('@tensorflow/tfjs-backend-webgpu/package.json') as { version: string };
      return { version };
    }
  }
}
