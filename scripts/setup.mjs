/**
 * Sets up a fresh checkout with nothing but Node >= 20 and npm: installs the workspace with pnpm, then builds every package.
 * Both steps are skipped in a moment when nothing changed. Run by `npm start` and `npm test`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const bin = join(root, 'node_modules', '.bin');
const PNPM = 'pnpm@12';

const [major] = process.versions.node.split('.').map(Number);
if (major < 20)
  fail(`Node 20 or newer is needed to set up, this is ${process.version}. Install it and run the command again.`);

const started = Date.now();
const localPnpm = join(bin, process.platform === 'win32' ? 'pnpm.cmd' : 'pnpm');
const install = existsSync(localPnpm)
  ? [localPnpm, ['install', '--frozen-lockfile', '--prefer-offline']]
  : ['npx', ['-y', PNPM, 'install', '--frozen-lockfile']];
step('install', ...install);
step('build', join(bin, 'turbo'), ['run', 'build', '--output-logs=errors-only', '--log-order=grouped']);
console.error(`set up in ${((Date.now() - started) / 1000).toFixed(1)} s`);

function step(name, command, args) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
      CI: process.env.CI ?? 'true',
    },
  });
  if (result.error) fail(`${name}: could not start ${command}: ${result.error.message}`);
  if (result.status !== 0)
    fail(`${name} failed (exit ${result.status ?? result.signal}):\n${result.stdout}\n${result.stderr}`);
}

function fail(message) {
  console.error(`[marco-ts] setup: ${message}`);
  process.exit(1);
}
