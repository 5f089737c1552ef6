/**
 * Finds tfjs-node without loading it: built by `buildNativeAddon`, else an installed `@tensorflow/tfjs-node` or
 * `@tensorflow/tfjs-node-gpu`.
 */
import { findNativeBuild } from './native-build/find-native-build.ts';
import type { NativeBuildRecord } from './native-build/native-build-record.ts';

export interface NodePackage {
  readonly name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly version: string;
  readonly directory: string;
  /** The compiled addon; absent when its download failed at install time, which npm allows for optional packages. */
  readonly addonPath?: string;
  /** What its addon was compiled against; absent for an installed package, whose libtensorflow comes with it. */
  readonly build?: NativeBuildRecord;
}

export interface NodePackagePlaces {
  /** Where to look for an installed package, in order; default: the current directory, then this package's own. */
  readonly directories?: readonly string[];
  /** Where to look for native builds; default: the user's cache, but no cache where `directories` are given. */
  readonly cache?: string;
}

export const TESTED_VERSION = '4.22.0';

export function packageName(gpu: boolean): NodePackage['name'] {
  return gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
}

/**
 * A native build comes first: someone asked for it by name, and its libtensorflow is newer.
 *
 * @param gpu which of the two packages
 */
export function findNodePackage(gpu: boolean, { directories, cache }: NodePackagePlaces = {}): NodePackage | undefined {
  // Asked for at run time, so that bundles for browsers carry no Node modules.
  const { createRequire } = process.getBuiltinModule('node:module');
  const { dirname, join } = process.getBuiltinModule('node:path');
  const built = directories === undefined || cache !== undefined ? findNativeBuild(gpu, cache) : undefined;
  if (built !== undefined) {
    const { packageDirectory: directory, addonPath, record: build } = built;
    return { name: '@tensorflow/tfjs-node', version: readVersion(directory), directory, addonPath, build };
  }
  const name = packageName(gpu);
  for (const start of directories ?? [process.cwd(), import.meta.dirname]) {
    let manifestPath: string;
    try {
      manifestPath = createRequire(join(start, 'resolve.js')).resolve(`${name}/package.json`);
    } catch {
      continue; // Not installed in this place: look in the next.
    }
    const directory = dirname(manifestPath);
    const addonPath = findAddon(join(directory, 'lib'));
    return { name, version: readVersion(directory), directory, ...(addonPath === undefined ? {} : { addonPath }) };
  }
  return undefined;
}

function readVersion(packageDirectory: string): string {
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  return version;
}

/** What a report calls it, for instance `@tensorflow/tfjs-node 4.22.0 on libtensorflow 2.21.0 (tensorflow-cpu 2.21.0)`. */
export function describeNodePackage({ name, version, build }: NodePackage): string {
  if (build === undefined) return `${name} ${version}`;
  const { version: libraryVersion, wheel, directory } = build.libtensorflow;
  return `${name} ${version} on libtensorflow ${libraryVersion} (${wheel ?? directory})`;
}

/** The addon lies in `lib/napi-v<N>/`, one directory for each version of Node's native interface. */
function findAddon(libDirectory: string): string | undefined {
  const { existsSync, readdirSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  if (!existsSync(libDirectory)) return undefined;
  return readdirSync(libDirectory)
    .filter((entry) => entry.startsWith('napi-v'))
    .map((entry) => join(libDirectory, entry, 'tfjs_binding.node'))
    .find((path) => existsSync(path));
}
