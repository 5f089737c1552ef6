/**
 * Brings tfjs-node's sources, what they need to run, and Node's headers from the npm registry into a directory of their own. Install
 * scripts do not run: tfjs-node's would download the old libtensorflow.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TESTED_VERSION } from '../../find-node-package.ts';
import { nodeBackendError } from '../../node-backend-error.ts';
import { PACKAGE_PATH } from '../native-build-record.ts';
import { lastLines, runTool, saysDiskIsFull } from './run-tool.ts';

export const NODE_HEADERS_VERSION = '1.9.0';

export interface InstalledSources {
  readonly packageDirectory: string;
  readonly nodeHeadersDirectory: string;
}

/**
 * @param directory must exist; `package.json` and `node_modules/` are written into it
 * @throws Error with `fix` without npm, without the registry, with a full disk
 */
export async function installSources(
  directory: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<InstalledSources> {
  const dependencies = { '@tensorflow/tfjs-node': TESTED_VERSION, 'node-api-headers': NODE_HEADERS_VERSION };
  await writeFile(join(directory, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
  const options = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--no-package-lock'];
  const result = await runTool('npm', ['install', ...options], { env, cwd: directory });
  if (result.isMissing) {
    throw nodeBackendError(
      'buildNativeAddon',
      'npm must be on PATH, got none.',
      'It comes with Node: https://nodejs.org',
    );
  }
  if (result.exitCode !== 0) {
    throw nodeBackendError(
      'buildNativeAddon',
      `the sources must come from the npm registry, got an error:\n${lastLines(result, 12)}\n`,
      saysDiskIsFull(result)
        ? 'The disk is full: free some space, or set MARCO_CACHE to a folder on another disk.'
        : 'Allow the npm registry (or name a mirror: npm config set registry <url>) and run this again.',
    );
  }
  const packageDirectory = join(directory, PACKAGE_PATH);
  const nodeHeadersDirectory = join(directory, 'node_modules', 'node-api-headers', 'include');
  for (const file of [
    join(packageDirectory, 'binding', 'tfjs_binding.cc'),
    join(packageDirectory, 'binding', 'tfjs_backend.cc'),
    join(nodeHeadersDirectory, 'node_api.h'),
  ]) {
    if (!existsSync(file)) {
      throw nodeBackendError(
        'buildNativeAddon',
        `the npm packages must hold the sources, got no ${file.slice(directory.length + 1)}.`,
        'Clear a broken cache (npm cache verify) and run this again.',
      );
    }
  }
  return { packageDirectory, nodeHeadersDirectory };
}
