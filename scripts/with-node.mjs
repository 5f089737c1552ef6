/**
 * Runs a command with the Node that the workspace brings (npm package `node`), whatever Node started this script.
 *
 *     node scripts/with-node.mjs <script.js> [arguments]
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

const bin = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..', 'node_modules', '.bin');
const child = spawn(join(bin, 'node'), process.argv.slice(2), {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
});
// The terminal sends Ctrl-C to the whole process group; a plain `kill` reaches only us, so pass it on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => {
  console.error(`[marco-ts] with-node: ${error.message}. Run \`npm start\` or \`npm test\`, which install it.`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
