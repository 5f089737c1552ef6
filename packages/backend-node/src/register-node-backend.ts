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
  TESTED_VERSION,
} from './find-node-package.ts';
import { findNativeBuilds } from './native-build/find-native-build.ts';
import { nodeBackendError } from './node-backend-error.ts';
import { restoreRemovedFunctions } from './restore-removed-functions.ts';

export interface NodeBackendRecord {
  readonly tfjsName: 'tensorflow';
  /** Package and version, and for a native build what it stands on: `@tensorflow/tfjs-node 4.22.0 on libtensorflow 2.21.0 (…)`. */
  readonly version: string;
  /** `built`: by `buildNativeAddon`; `installed`: as npm gives it. */
  readonly origin: 'built' | 'installed';
  /** The package's own directory. */
  readonly directory: string;
  /** Whether libtensorflow runs on a CUDA device. */
  readonly isUsingGpu: boolean;
  /** Functions of Node's `util` that were put back for it. */
  readonly repaired: readonly string[];
}

export interface NodeBackendOptions extends NodePackagePlaces {
  readonly gpu: boolean;
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
      `${describeNodePackage(found)} must load on Node ${process.versions.node}, got: ${firstLine(error)}.`,
      found.build === undefined
        ? reinstallAdvice(found.name)
        : `Remove ${found.directory} and build it again: ${BUILD_COMMAND}`,
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
      `libtensorflow must see a CUDA GPU, got only the processor with ${describeNodePackage(found)}.`,
      found.build === undefined
        ? `Its libtensorflow 2.9.1 needs CUDA 11.2 and cuDNN 8.1 on LD_LIBRARY_PATH and knows no GPU newer than Ampere; for a newer one: ${CUDA_WHEEL_ADVICE}`
        : 'Its log on stderr says which CUDA library it missed; pip install "tensorflow[and-cuda]" brings them all but the driver.',
    );
  }
  return Object.freeze({
    tfjsName: 'tensorflow',
    version: describeNodePackage(found),
    origin: found.build === undefined ? 'installed' : 'built',
    directory: found.directory,
    isUsingGpu,
    repaired,
  });
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

function requirePackage({ gpu, ...places }: NodeBackendOptions): NodePackage {
  const found = findNodePackage(gpu, places);
  if (found === undefined) {
    throw nodeBackendError(
      'registerNodeBackend',
      `the optional package ${packageName(gpu)} must be installed or built, got none${describeUnusableBuilds(places)}.`,
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

const BUILD_COMMAND = 'marco doctor --build-native';
const CUDA_WHEEL_ADVICE = `pip install "tensorflow[and-cuda]" and ${BUILD_COMMAND} --python <python>`;

/** Both ways to get it. */
export function installAdvice(gpu: boolean): string {
  const build = gpu ? CUDA_WHEEL_ADVICE : `pip install tensorflow-cpu and ${BUILD_COMMAND} --python <python>`;
  return `Install it: npm install ${packageName(gpu)}@${TESTED_VERSION} (its install script downloads a native addon and libtensorflow), or build it: ${build}`;
}

/** Builds that are there and cannot be used any more, in words that go on from "got none". */
export function describeUnusableBuilds({ directories, cache }: NodePackagePlaces): string {
  if (directories !== undefined && cache === undefined) return '';
  const { unusable } = findNativeBuilds(cache);
  return unusable
    .map(({ directory, reason }) => ` (a native build at ${directory} cannot be used: ${reason})`)
    .join('');
}

/** Why the addon is mostly missing: the download failed, or the package manager does not run install scripts. */
export function reinstallAdvice(name: string): string {
  return (
    `Its install script downloads the addon from storage.googleapis.com: allow that host (or name a mirror in TFJS_NODE_BASE_URI ` +
    `and TFJS_NODE_CDN_STORAGE), allow the script (pnpm approve-builds), then run: npm rebuild ${name}. ` +
    `To compile it against a libtensorflow of a pip wheel instead: ${BUILD_COMMAND} --python <python>`
  );
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim().replace(/\.$/, '');
}
