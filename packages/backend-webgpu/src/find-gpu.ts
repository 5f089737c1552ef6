/**
 * Finds the GPU entry point: the browser's `navigator.gpu`, or in Node the optional npm package `webgpu` (Dawn).
 *
 * tfjs-backend-webgpu looks at `navigator.gpu` while it is being imported, so this must have run before that import.
 */
import { webGpuError } from './webgpu-error.ts';

export interface GpuSource {
  readonly gpu: GPU;
  /** `browser`, or the version of the npm package that was loaded. */
  readonly origin: string;
}

interface DawnModule {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

/** Made once: Dawn's entry point owns native threads, and adapters from two of them do not mix. */
let dawnSource: GpuSource | undefined;

/** @throws Error naming the package to install when there is no GPU entry point */
export async function findGpu(functionName: string): Promise<GpuSource> {
  if (dawnSource !== undefined) return dawnSource;
  const existing = globalThis.navigator?.gpu;
  if (existing) return { gpu: existing, origin: 'browser' };
  if (!isNode()) {
    throw webGpuError(
      functionName,
      'this browser must offer navigator.gpu, got none.',
      'Use a browser with WebGPU on an https or localhost page.',
    );
  }
  const found = findDawn();
  if (found === undefined) {
    throw webGpuError(
      functionName,
      'Node needs the optional npm package webgpu (Dawn), got none.',
      'Install it: npm install webgpu@0.6.2',
    );
  }
  let dawn: DawnModule;
  try {
    const { pathToFileURL } = process.getBuiltinModule('node:url');
    dawn = (await import(/* @vite-ignore */ pathToFileURL(found.entry).href)) as DawnModule;
  } catch (error) {
    throw webGpuError(
      functionName,
      `the native addon of npm webgpu ${found.version} must load on ${process.platform}-${process.arch}, got: ${messageOf(error)}.`,
      'Install it again (npm install webgpu@0.6.2), or use the wasm backend.',
    );
  }
  Object.assign(globalThis, dawn.globals);
  // Matrix instructions are among what Dawn calls unsafe, for pages that nobody trusts; a device has only those that it asks for.
  const gpu = dawn.create(['enable-dawn-features=allow_unsafe_apis']);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true, enumerable: true });
  dawnSource = { gpu, origin: `npm webgpu ${found.version}` };
  return dawnSource;
}

/**
 * Looks beside the program that is running first, then beside this package. Reads one package.json and loads nothing.
 *
 * @param directories default: the current directory and this file's
 */
export function findDawn(directories?: readonly string[]): { entry: string; version: string } | undefined {
  // Asked for at run time, so that bundles for browsers carry no Node modules.
  const { createRequire } = process.getBuiltinModule('node:module');
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { dirname, join } = process.getBuiltinModule('node:path');
  for (const directory of directories ?? [process.cwd(), import.meta.dirname]) {
    try {
      const entry = createRequire(join(directory, 'resolve.js')).resolve('webgpu');
      const manifest = JSON.parse(readFileSync(join(dirname(entry), 'package.json'), 'utf8')) as { version: string };
      return { entry, version: manifest.version };
    } catch {
      // Not installed in this place: look in the next.
    }
  }
  return undefined;
}

export function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
