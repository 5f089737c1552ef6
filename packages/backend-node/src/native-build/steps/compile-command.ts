/**
 * The command line that compiles tfjs-node's addon.
 *
 * Source: `binding.gyp` of @tensorflow/tfjs-node 4.22.0 (sources, `NAPI_VERSION`).
 * Differs: no node-gyp, which would download Node's headers; the libraries are linked by path and found again by an absolute run path,
 * so that the wheel stays where pip put it and finds its CUDA libraries beside itself; all symbols are looked up when the addon loads, so
 * that a libtensorflow that lacks one fails then and not in the middle of training.
 */
import { join } from 'node:path';
import type { Libtensorflow } from '../libtensorflow/locate-libtensorflow.ts';
import { ADDON_PATH } from '../native-build-record.ts';

export interface CompileOptions {
  readonly compiler: string;
  /** Of tfjs-node: holds `binding/`, receives the addon. */
  readonly packageDirectory: string;
  /** Of the npm package node-api-headers. */
  readonly nodeHeadersDirectory: string;
  readonly libtensorflow: Pick<Libtensorflow, 'includeDirectory' | 'libraryDirectory' | 'libraries'>;
  readonly platform?: NodeJS.Platform;
}

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

export function compileCommand(options: CompileOptions): CommandLine {
  const { compiler, packageDirectory, nodeHeadersDirectory, libtensorflow, platform = process.platform } = options;
  const kind = platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  const linker = ['-rpath', libtensorflow.libraryDirectory, ...(platform === 'darwin' ? [] : ['-z', 'now'])];
  return {
    command: compiler,
    args: [
      '-std=c++17',
      '-O2',
      '-fPIC',
      ...kind,
      '-DNAPI_VERSION=8',
      `-I${nodeHeadersDirectory}`,
      `-I${libtensorflow.includeDirectory}`,
      join(packageDirectory, 'binding', 'tfjs_backend.cc'),
      join(packageDirectory, 'binding', 'tfjs_binding.cc'),
      ...libtensorflow.libraries.map(({ path }) => path),
      // Not -Wl,…: a comma in a path would end the argument.
      ...linker.flatMap((argument) => ['-Xlinker', argument]),
      '-o',
      join(packageDirectory, ADDON_PATH),
    ],
  };
}
