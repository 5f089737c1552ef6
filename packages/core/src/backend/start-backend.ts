/**
 * Starts one backend by name. The packages behind the names are imported when asked for and not before, so that a missing optional
 * package never breaks an import.
 */
import { tf } from '../tf.ts';
import type { BackendFacts, BackendName } from './backend-record.ts';

export interface StartOptions {
  readonly numThreads?: number;
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
      return registerNodeBackend({ gpu: name === 'node-gpu' });
    }
    case 'webgpu': {
      const { registerWebGpuBackend } = await import('@marco-ts/backend-webgpu');
      return registerWebGpuBackend({ allowSoftwareAdapter: options.allowSoftwareAdapter });
    }
    case 'wasm': {
      const backend = (await import('@marco-ts/backend-wasm')) as Record<string, unknown>;
      const { numThreads } = options;
      const record = await call(backend.registerWasmBackend, numThreads === undefined ? {} : { numThreads });
      return { ...record, tfjsName: 'marco-wasm' };
    }
    case 'cpu':
      return { tfjsName: 'cpu', numThreads: 1 };
  }
}

async function call(register: unknown, options: object): Promise<BackendFacts> {
  if (typeof register !== 'function')
    throw new Error('this build of the backend package exports no register function.');
  return register(options) as Promise<BackendFacts>;
}
