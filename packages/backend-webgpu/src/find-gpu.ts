/**
 * Finds the GPU entry point: the browser's `navigator.gpu`, or in Node the optional npm package `webgpu` (Dawn).
 *
 * tfjs-backend-webgpu looks at `navigator.gpu` while it is being imported, so this must have run before that import.
 */
import { webGpuError } from './webgpu-error.ts';

export interface GpuSource {
  readonly gpu: GPU;
  /** `browser`, or the version of the npm package that was loaded, with the features that MARCO_DAWN_FEATURES adds. */
  readonly origin: string;
}

interface DawnModule {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}

const DAWN_FEATURES = [
  // Matrix instructions, which Dawn keeps from pages that nobody trusts; a device has only those that it asks for.
  'allow_unsafe_apis',
  // Halves on NVIDIA, left out by Dawn for precision that WebGPU's conformance tests ask for beyond what training needs.
  'vulkan_enable_f16_on_nvidia',
  // No comparison of an index with its bounds where the compiler sees that it holds them.
  'enable_integer_range_analysis_in_robustness',
] as const;

/**
 * Names of further Dawn features, separated by commas. `disable_robustness` leaves out every comparison of an index with the length of its
 * buffer: our own kernels stay within theirs, some of tfjs's do not.
 */
const MORE_DAWN_FEATURES = 'MARCO_DAWN_FEATURES';

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
  const more = moreDawnFeatures();
  const gpu = dawn.create([`enable-dawn-features=${[...DAWN_FEATURES, ...more].join(',')}`]);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true, enumerable: true });
  const features = more.length > 0 ? ` with ${more.join(', ')}` : '';
  dawnSource = { gpu, origin: `npm webgpu ${found.version}${features}` };
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

function moreDawnFeatures(): string[] {
  return (process.env[MORE_DAWN_FEATURES] ?? '').split(',').filter((feature) => feature !== '');
}

export function isNode(): boolean {
  return typeof process !== 'undefined' && typeof process.versions?.node === 'string';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
