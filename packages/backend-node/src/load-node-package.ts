/**
 * Loads tfjs-node into this process, repaired for current Node, and remembers which package the backend came from: a process can hold one
 * libtensorflow, so what is loaded first stays.
 */
import * as tf from '@tensorflow/tfjs-core';
import { describeNodePackage, type NodePackage, TESTED_VERSION } from './find-node-package.ts';
import { BUILD_COMMAND, reinstallAdvice } from './node-backend-advice.ts';
import { nodeBackendError } from './node-backend-error.ts';
import { restoreRemovedFunctions } from './restore-removed-functions.ts';

/** The fields of tfjs-node's backend that matter here. */
export type NodeBackend = tf.KernelBackend & { readonly isUsingGpuDevice?: boolean };

const origins = new WeakMap<NodeBackend, NodePackage>();

/** The backend that is registered already, and where it came from; `origin` is absent when the program loaded tfjs-node itself. */
export function findLoadedBackend(): { backend: NodeBackend; origin?: NodePackage } | undefined {
  const backend = tf.findBackend('tensorflow') as NodeBackend | null;
  if (backend === null) return undefined;
  const origin = origins.get(backend);
  return { backend, ...(origin === undefined ? {} : { origin }) };
}

/**
 * @returns the backend, now current, and the functions of `util` that were put back for it
 * @throws Error with `fix` when the package does not load or registers no backend
 */
export function loadNodePackage(found: NodePackage): { backend: NodeBackend; repaired: string[] } {
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
  const backend = tf.findBackend('tensorflow') as NodeBackend | null;
  if (backend === null) {
    throw nodeBackendError(
      'registerNodeBackend',
      `${found.name} must register the backend tensorflow, got none at ${found.directory}.`,
      `Install the release that this package was written for: npm install ${found.name}@${TESTED_VERSION}`,
    );
  }
  origins.set(backend, found);
  return { backend, repaired };
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

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0]!.trim().replace(/\.$/, '');
}
