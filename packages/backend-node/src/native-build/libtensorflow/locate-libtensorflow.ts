/**
 * Finds libraries and headers in a directory that holds a libtensorflow: the `tensorflow` folder of a pip wheel, or an unpacked archive
 * of the C library.
 *
 * Source: layouts of the wheels tensorflow and tensorflow-cpu 2.21 (libraries beside `include/`) and of TensorFlow's C archives
 * (`lib/` beside `include/`).
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBackendError } from '../../node-backend-error.ts';
import type { LibraryFile } from '../native-build-record.ts';

export interface Libtensorflow {
  readonly directory: string;
  readonly libraryDirectory: string;
  readonly includeDirectory: string;
  /** The C interface first, then the framework library that it stands on. */
  readonly libraries: readonly LibraryFile[];
  /** What the wheel says of itself; null for an archive, which says nothing. */
  readonly isCudaBuild: boolean | null;
}

/** What the sources of tfjs-node include. */
const NEEDED_HEADERS = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring_internal.h',
];

/**
 * @param directory the folder itself, or the `site-packages` above it; symbolic links are resolved
 * @throws Error with `fix` and `isBadInput` when there is no libtensorflow, half of one, or one without headers
 */
export function locateLibtensorflow(directory: string, platform: NodeJS.Platform = process.platform): Libtensorflow {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw badDirectory(`libtensorflow must be a directory, got ${JSON.stringify(directory)}, which is none.`);
  }
  const names = libraryNames(platform);
  for (const root of [directory, join(directory, 'tensorflow')]) {
    for (const libraryDirectory of [root, join(root, 'lib')]) {
      const main = names.main.find((name) => existsSync(join(libraryDirectory, name)));
      if (main === undefined) continue;
      if (!existsSync(join(libraryDirectory, names.framework))) {
        throw badDirectory(
          `${names.framework} must lie beside ${main}, got only the latter in ${libraryDirectory}: half of a libtensorflow.`,
        );
      }
      return describe(root, libraryDirectory, [main, names.framework]);
    }
  }
  throw badDirectory(`${names.main.join(' or ')} must be in ${directory} or its lib/, got neither.`);
}

function describe(root: string, libraryDirectory: string, names: readonly string[]): Libtensorflow {
  const includeDirectory = join(root, 'include');
  const missing = NEEDED_HEADERS.filter((header) => !existsSync(join(includeDirectory, header)));
  if (missing.length > 0) {
    throw badDirectory(`the headers must be there, got no ${missing.join(', ')} below ${includeDirectory}.`);
  }
  return {
    directory: realpathSync(root),
    libraryDirectory: realpathSync(libraryDirectory),
    includeDirectory: realpathSync(includeDirectory),
    libraries: names.map((name) => {
      const path = join(realpathSync(libraryDirectory), name);
      const { size, mtimeMs } = statSync(path);
      return { path, sizeBytes: size, modifiedMs: Math.trunc(mtimeMs) };
    }),
    isCudaBuild: readIsCudaBuild(root),
  };
}

function readIsCudaBuild(root: string): boolean | null {
  try {
    const text = readFileSync(join(root, 'python', 'platform', 'build_info.py'), 'utf8');
    const said = text.match(/['"]is_cuda_build['"]\s*[,:]\s*(True|False)/)?.[1];
    return said === undefined ? null : said === 'True';
  } catch {
    return null; // No such file: not a wheel.
  }
}

function libraryNames(platform: NodeJS.Platform): { main: readonly string[]; framework: string } {
  return platform === 'darwin'
    ? { main: ['libtensorflow_cc.2.dylib', 'libtensorflow.2.dylib'], framework: 'libtensorflow_framework.2.dylib' }
    : { main: ['libtensorflow_cc.so.2', 'libtensorflow.so.2'], framework: 'libtensorflow_framework.so.2' };
}

function badDirectory(rule: string): Error {
  return nodeBackendError(
    'buildNativeAddon',
    rule,
    'Name the tensorflow folder of a pip wheel (in site-packages) or an unpacked archive of the C library.',
    { isBadInput: true },
  );
}
