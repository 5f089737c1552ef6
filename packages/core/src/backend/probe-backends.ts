/**
 * What each backend would need to start here, for `marco doctor`: looks, but starts nothing and leaves the current backend alone.
 */
import { BACKEND_NAMES, type BackendName, type BackendProbe } from './backend-record.ts';

/** @returns one entry per backend, in the default order of preference; never throws */
export async function probeBackends(): Promise<BackendProbe[]> {
  return Promise.all(BACKEND_NAMES.map(probeBackend));
}

async function probeBackend(name: BackendName): Promise<BackendProbe> {
  try {
    return { name, ...(await look(name)) };
  } catch (error) {
    const missing = error instanceof Error ? error.message : String(error);
    return {
      name,
      available: false,
      facts: {},
      missing,
      fix: `Install its package again: npm install ${packageOf(name)}`,
    };
  }
}

async function look(name: BackendName): Promise<Omit<BackendProbe, 'name'>> {
  switch (name) {
    case 'node-gpu':
    case 'node': {
      const { probeNodeBackend } = await import('@marco-ts/backend-node');
      return probeNodeBackend({ gpu: name === 'node-gpu' });
    }
    case 'webgpu': {
      const { probeWebGpuBackend } = await import('@marco-ts/backend-webgpu');
      return probeWebGpuBackend();
    }
    case 'wasm': {
      const { probeWasmBackend } = await import('@marco-ts/backend-wasm');
      return probeWasmBackend();
    }
    case 'cpu':
      return { available: true, facts: { speed: 'plain JavaScript: for small tests' } };
  }
}

function packageOf(name: BackendName): string {
  if (name === 'webgpu') return '@marco-ts/backend-webgpu';
  return name === 'node' || name === 'node-gpu' ? '@marco-ts/backend-node' : '@marco-ts/backend-wasm';
}
