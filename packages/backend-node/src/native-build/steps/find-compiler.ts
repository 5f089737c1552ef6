/**
 * Finds a C++ compiler: `$CXX` where it is set, else the first of `c++`, `g++` and `clang++` that runs.
 */
import { nodeBackendError } from '../../node-backend-error.ts';
import { runTool } from './run-tool.ts';

export interface Compiler {
  readonly command: string;
  /** Its first line about itself, for instance `g++ (Debian 12.2.0-14) 12.2.0`. */
  readonly version: string;
}

/** @throws Error with `fix` when none runs */
export async function findCompiler(env: Readonly<Record<string, string | undefined>> = process.env): Promise<Compiler> {
  const candidates = env.CXX ? [env.CXX] : ['c++', 'g++', 'clang++'];
  for (const command of candidates) {
    const result = await runTool(command, ['--version'], { env });
    if (result.exitCode === 0) return { command, version: result.stdout.split('\n')[0]!.trim() || command };
  }
  const got = env.CXX ? `CXX=${env.CXX}, which does not run` : `none of ${candidates.join(', ')}`;
  throw nodeBackendError(
    'buildNativeAddon',
    `a C++17 compiler must be there, got ${got}.`,
    env.CXX
      ? 'Set CXX to the path of a compiler, or unset it.'
      : 'Install one (Debian and Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install), or set CXX to its path.',
  );
}
