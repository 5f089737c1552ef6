/**
 * Finds a Node.js that is new enough for the packages (type stripping, zstd, relaxed SIMD) when an older one started the command.
 *
 * Imports nothing of ours: it must load on every Node.js that people still have.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/** `engines` of the packages. */
export const MINIMUM_NODE = '22.18.0';

/** @param version like `22.18.0` */
export function isNewEnough(version: string, minimum = MINIMUM_NODE): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [minimumMajor = 0, minimumMinor = 0] = minimum.split('.').map(Number);
  return major > minimumMajor || (major === minimumMajor && minor >= minimumMinor);
}

/**
 * @param from file or URL that npm package `node` is looked up from
 * @returns the executable of that package, as the workspace installs it; undefined where it is not installed
 */
export function findNode(from: string): string | undefined {
  try {
    const path = createRequire(from).resolve(process.platform === 'win32' ? 'node/bin/node.exe' : 'node/bin/node');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** @param version like `v20.0.0` */
export function tooOldMessage(version: string): string {
  return `[@marco-ts/pipeline] marco: Node.js must be ${MINIMUM_NODE} or newer, got ${version}. Install a newer one; in the repository, \`npm start\` and \`npm test\` install one and this command then uses it.`;
}

/** Runs a command in place of this process: same terminal, same signals, same exit code. */
export function runInPlace(command: string, args: readonly string[]): void {
  const child = spawn(command, args, { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both, `kill` only to this one; the command takes two signals at one moment for one.
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`error [@marco-ts/pipeline] marco: could not start ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}
