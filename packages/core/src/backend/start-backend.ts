/**
 * Starts one backend by name. The packages behind the names are imported when asked for and not before, so that a missing optional
 * package never breaks an import.
 */
import { tf } from '../tf.ts';
import type { BackendFacts, BackendName } from './backend-record.ts';

/** What large matrix products are computed with on WebGPU: float32, operands rounded to halves, or these by the GPU's matrix units. */
export type ProductKind = 'f32' | 'f16' | 'subgroup-matrix';

export interface StartOptions {
  readonly numThreads?: number;
  readonly products?: ProductKind;
  /** Whether a GPU emulated on the processor will do. */
  readonly allowSoftwareAdapter: boolean;
}

/** @throws Error whose message says what is missing and the command that mends it */
export async function startBackend(name: BackendName, options: StartOptions): Promise<BackendFacts> {
  const facts = await register(name, options);
  if (!(await tf.setBackend(facts.tfjsName))) {
    throw new Error(`[@marco-ts/core] initBackend: tfjs could not start its backend ${facts.tfjsName}.`);
  }
  await tf.ready();
  return facts;
}

async function register(name: BackendName, options: StartOptions): Promise<BackendFacts> {
  switch (name) {
    case 'node-gpu':
    case 'node': {
      const { registerNodeBackend } = await import('@marco-ts/backend-node');
      const { tfjsName, version } = await registerNodeBackend({ gpu: name === 'node-gpu' });
      return { tfjsName, version };
    }
    case 'webgpu': {
      const { registerWebGpuBackend } = await import('@marco-ts/backend-webgpu');
      const record = await registerWebGpuBackend(options);
      const { tfjsName, adapter, isSoftware, version, products, notes } = record;
      return { tfjsName, adapter, isSoftware, version, products, notes };
    }
    case 'wasm': {
      const { registerWasmBackend } = await import('@marco-ts/backend-wasm');
      const { numThreads } = options;
      const record = await registerWasmBackend(numThreads === undefined ? {} : { numThreads });
      return { tfjsName: record.name, numThreads: record.numThreads, simd: record.simd, notes: record.notes };
    }
    case 'cpu':
      return { tfjsName: 'cpu', numThreads: 1 };
  }
}
