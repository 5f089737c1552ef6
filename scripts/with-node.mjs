/**
 * Runs a script with the Node that the workspace brings (npm package `node`), whatever Node started this one.
 *
 *     node scripts/with-node.mjs [--setup] <script.js> [arguments]
 *
 * `--setup` installs and builds first. Signals are passed on. One that was sent to npm alone ends the shell that npm started between it and us
 * and goes no further; losing that parent is taken as SIGTERM.
 */
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';

const parent = process.ppid;
const scripts = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const bin = join(scripts, '..', 'node_modules', '.bin');
const args = process.argv.slice(2);
if (args[0] === '--setup') {
  args.shift();
  const { status } = spawnSync(process.execPath, [join(scripts, 'setup.mjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 130);
}

const child = spawn(join(bin, 'node'), args, {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
});
// A terminal sends Ctrl-C to the whole group, `kill` only to us; `marco` takes the pair of a doubled signal as one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1']) process.on(signal, () => child.kill(signal));
if (process.env.npm_lifecycle_event !== undefined) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 500);
}
child.on('error', (error) => {
  console.error(`[marco-ts] with-node: ${error.message}. Run \`npm start\` or \`npm test\`, which install it.`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
