/**
 * Finds an installed `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu` without loading it.
 */
export interface NodePackage {
  readonly name: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly version: string;
  readonly directory: string;
  /** The compiled addon; absent when its download failed at install time, which npm allows for optional packages. */
  readonly addonPath?: string;
}

export const TESTED_VERSION = '4.22.0';

export function packageName(gpu: boolean): NodePackage['name'] {
  return gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
}

/**
 * @param gpu which of the two packages
 * @param directories where to look, in order; default: the current directory, then this package's own
 */
export function findNodePackage(gpu: boolean, directories?: readonly string[]): NodePackage | undefined {
  // Asked for at run time, so that bundles for browsers carry no Node modules.
  const { createRequire } = process.getBuiltinModule('node:module');
  const { readFileSync } = process.getBuiltinModule('node:fs');
  const { dirname, join } = process.getBuiltinModule('node:path');
  const name = packageName(gpu);
  for (const start of directories ?? [process.cwd(), import.meta.dirname]) {
    let manifestPath: string;
    try {
      manifestPath = createRequire(join(start, 'resolve.js')).resolve(`${name}/package.json`);
    } catch {
      continue; // Not installed in this place: look in the next.
    }
    const { version } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { version: string };
    const directory = dirname(manifestPath);
    const addonPath = findAddon(join(directory, 'lib'));
    return { name, version, directory, ...(addonPath === undefined ? {} : { addonPath }) };
  }
  return undefined;
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
