/**
 * Registers the backend `tensorflow` from an optional install of tfjs-node or tfjs-node-gpu, repaired for current Node.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  describeNodePackage,
  findNodePackage,
  type NodePackage,
  type NodePackagePlaces,
  packageName,
} from './find-node-package.ts';
import { findLoadedBackend, loadNodePackage } from './load-node-package.ts';
import { CUDA_WHEEL_ADVICE, describeUnusableBuilds, installAdvice, reinstallAdvice } from './node-backend-advice.ts';
import { nodeBackendError } from './node-backend-error.ts';

/** The package that was loaded, and what was done to make it run. */
export interface NodeBackendRecord {
  readonly tfjsName: 'tensorflow';
  /** Package and version, and for a native build what it stands on: `@tensorflow/tfjs-node 4.22.0 on libtensorflow 2.21.0 (…)`. */
  readonly version: string;
  /** `built`: by `buildNativeAddon`; `installed`: as npm gives it; `program`: the program had loaded it itself. */
  readonly origin: 'built' | 'installed' | 'program';
  /** The package's own directory; unknown for one that the program loaded itself. */
  readonly directory?: string;
  /** Whether libtensorflow runs on a CUDA device. */
  readonly isUsingGpu: boolean;
  /** Functions of Node's `util` that were put back for it. */
  readonly repaired: readonly string[];
}

/** Which of the two packages is loaded, and where it is looked for. */
export interface NodeBackendOptions extends NodePackagePlaces {
  readonly gpu: boolean;
}

/**
 * Makes `tensorflow` the current backend: loading tfjs-node does so. A tfjs-node that this process holds already is kept, whatever is
 * installed or built beside it.
 *
 * @throws Error with a `fix` outside of Node, when the package or its addon is missing or does not load, and when a GPU was asked
 *   for and libtensorflow sees none (the backend that was current before is then current again)
 */
export async function registerNodeBackend(options: NodeBackendOptions): Promise<NodeBackendRecord> {
  if (typeof options?.gpu !== 'boolean') {
    throw nodeBackendError(
      'registerNodeBackend',
      `gpu must be true or false, got ${options?.gpu}.`,
      'Pass { gpu: false }.',
    );
  }
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw nodeBackendError(
      'registerNodeBackend',
      'tfjs-node needs Node, got a browser.',
      'Use the webgpu or wasm backend.',
    );
  }
  const previous = tf.getBackend();
  const loaded = findLoadedBackend();
  const found = loaded === undefined ? requirePackage(options) : loaded.origin;
  const { backend, repaired } = loaded === undefined ? loadNodePackage(found!) : { ...loaded, repaired: [] };
  const version = found === undefined ? 'a tfjs-node that the program had loaded itself' : describeNodePackage(found);
  const isUsingGpu = backend.isUsingGpuDevice === true;
  if (options.gpu && !isUsingGpu) {
    if (previous && previous !== 'tensorflow') await tf.setBackend(previous);
    throw nodeBackendError(
      'registerNodeBackend',
      `libtensorflow must see a CUDA GPU, got only the processor with ${version}.`,
      loaded === undefined
        ? gpuAdvice(found!)
        : 'One process holds one libtensorflow, and this one was loaded before: ask for the GPU first, or in a process of its own.',
    );
  }
  if (loaded !== undefined) await tf.setBackend('tensorflow');
  return Object.freeze({
    tfjsName: 'tensorflow',
    version,
    ...(found === undefined
      ? { origin: 'program' as const }
      : {
          origin: found.build === undefined ? ('installed' as const) : ('built' as const),
          directory: found.directory,
        }),
    isUsingGpu,
    repaired,
  });
}

function gpuAdvice({ build }: NodePackage): string {
  return build === undefined
    ? `Its libtensorflow 2.9.1 needs CUDA 11.2 and cuDNN 8.1 on LD_LIBRARY_PATH and knows no GPU newer than Ampere; for a newer one: ${CUDA_WHEEL_ADVICE}`
    : 'Its log on stderr says which CUDA library it missed; pip install "tensorflow[and-cuda]" brings them all but the driver.';
}

function requirePackage({ gpu, ...places }: NodeBackendOptions): NodePackage {
  const found = findNodePackage(gpu, places);
  if (found === undefined) {
    throw nodeBackendError(
      'registerNodeBackend',
      `the optional package ${packageName(gpu)} must be installed, got none${describeUnusableBuilds(places)}.`,
      installAdvice(gpu),
    );
  }
  if (found.addonPath === undefined) {
    throw nodeBackendError(
      'registerNodeBackend',
      `the native addon tfjs_binding.node must be there, got none under ${found.directory}/lib.`,
      reinstallAdvice(found.name),
    );
  }
  return found;
}
