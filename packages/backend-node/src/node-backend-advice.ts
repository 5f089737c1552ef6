/**
 * What to do when tfjs-node is not there or not whole, in the words of errors and of `marco doctor`.
 */
import { type NodePackagePlaces, packageName, TESTED_VERSION } from './find-node-package.ts';
import { findNativeBuilds } from './native-build/find-native-build.ts';

/** The command of `apps/pipeline` that builds. */
export const BUILD_COMMAND = 'marco doctor --build-native';
export const CUDA_WHEEL_ADVICE = `pip install "tensorflow[and-cuda]" and ${BUILD_COMMAND} --python <python>`;

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
