/**
 * Runs a script with the Node that the workspace brings (npm package `node`), whatever Node started this one.
 *
 *     node scripts/with-node.mjs [--setup] <script.js> [arguments]
 *
 * `--setup` installs and builds first. One process from npm down to the script, so that a signal sent to npm arrives.
 */
import { spawn, spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

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
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`[marco-ts] with-node: ${error.message}. Run \`npm start\` or \`npm test\`, which install it.`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
