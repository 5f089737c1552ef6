/**
 * Registers the backend `tensorflow` from an optional install of tfjs-node or tfjs-node-gpu, repaired for current Node.
 */
import * as tf from '@tensorflow/tfjs-core';
import { findNodePackage, type NodePackage, packageName, TESTED_VERSION } from './find-node-package.ts';
import { nodeBackendError } from './node-backend-error.ts';
import { restoreRemovedFunctions } from './restore-removed-functions.ts';

export interface NodeBackendRecord {
  readonly tfjsName: 'tensorflow';
  /** Package and version, for instance `@tensorflow/tfjs-node 4.22.0`. */
  readonly version: string;
  /** Whether libtensorflow runs on a CUDA device. */
  readonly isUsingGpu: boolean;
  /** Functions of Node's `util` that were put back for it. */
  readonly repaired: readonly string[];
}

export interface NodeBackendOptions {
  readonly gpu: boolean;
  /** Where to look for the package; default: the current directory, then this package's own. */
  readonly directories?: readonly string[];
}

/**
 * Loading tfjs-node makes `tensorflow` the current backend; that is how the package works.
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
  const found = requirePackage(options);
  const previous = tf.getBackend();
  const { createRequire } = process.getBuiltinModule('node:module');
  const { join } = process.getBuiltinModule('node:path');
  const load = createRequire(join(found.directory, 'package.json'));
  const repaired = restoreRemovedFunctions(load('util') as object);
  try {
    loadQuietly(() => load(found.directory));
  } catch (error) {
    throw nodeBackendError(
      'registerNodeBackend',
      `${found.name} ${found.version} must load on Node ${process.versions.node}, got: ${firstLine(error)}.`,
      reinstallAdvice(found.name),
    );
  }
  const backend = tf.findBackend('tensorflow') as (tf.KernelBackend & { isUsingGpuDevice?: boolean }) | null;
  if (backend === null) {
    throw nodeBackendError(
      'registerNodeBackend',
      `${found.name} must register the backend tensorflow, got none at ${found.directory}.`,
      `Install the release that this package was written for: npm install ${found.name}@${TESTED_VERSION}`,
    );
  }
  const isUsingGpu = backend.isUsingGpuDevice === true;
  if (options.gpu && !isUsingGpu) {
    if (previous && previous !== 'tensorflow') await tf.setBackend(previous);
    throw nodeBackendError(
      'registerNodeBackend',
      `libtensorflow must see a CUDA GPU, got only the processor with ${found.name} ${found.version}.`,
      'Its libtensorflow 2.9.1 needs CUDA 11.2 and cuDNN 8.1 on LD_LIBRARY_PATH and knows no GPU newer than Ampere.',
    );
  }
  return Object.freeze({ tfjsName: 'tensorflow', version: `${found.name} ${found.version}`, isUsingGpu, repaired });
}

/**
 * Where tfjs-node brings its own copy of tfjs, that copy registers hundreds of kernels once more in the engine that both share, each
 * with a warning; tfjs's `PROD` flag is read by nothing but its warnings.
 */
function loadQuietly(load: () => void): void {
  const wasQuiet = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    load();
  } finally {
    tf.env().set('PROD', wasQuiet);
  }
}

function requirePackage({ gpu, directories }: NodeBackendOptions): NodePackage {
  const found = findNodePackage(gpu, directories);
  if (found === undefined) {
    throw nodeBackendError(
      'registerNodeBackend',
      `the optional package ${packageName(gpu)} must be installed, got none.`,
      `Install it: npm install ${packageName(gpu)}@${TESTED_VERSION} (its install script downloads a native addon and libtensorflow).`,
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

/** Why the addon is mostly missing: the download failed, or the package manager does not run install scripts. */
export function reinstallAdvice(name: string): string {
  return (
    `Its install script downloads the addon from storage.googleapis.com: allow that host (or name a mirror in TFJS_NODE_BASE_URI ` +
    `and TFJS_NODE_CDN_STORAGE), allow the script (pnpm approve-builds), then run: npm rebuild ${name}. ` +
    `To compile it instead: npm rebuild ${name} --build-addon-from-source`
  );
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim().replace(/\.$/, '');
}
