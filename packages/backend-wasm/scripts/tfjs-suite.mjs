/**
 * Runs tfjs-core's own test-suite on a backend and prints what passes and what fails. Nothing is excluded.
 *
 * The suite ships as modules for a bundler, so it is bundled first, together with the backend, around one copy of tfjs-core.
 * Run: node scripts/tfjs-suite.mjs [marco-wasm | cpu | wasm]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import Jasmine from 'jasmine';

const root = join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const backend = process.argv[2] ?? 'marco-wasm';

const registrations = {
  'marco-wasm': `
    import { registerWasmBackend } from '${join(root, 'src/index.ts')}';
    console.log(JSON.stringify(await registerWasmBackend()));`,
  cpu: '',
  // Left out of the bundle, where it does not find its own files; both copies of tfjs-core share one global engine.
  wasm: `await import('${require.resolve('@tensorflow/tfjs-backend-wasm')}');`,
};
if (!(backend in registrations)) {
  throw new Error(
    `[@marco-ts/backend-wasm] tfjs-suite: the backend must be one of ${Object.keys(registrations).join(', ')}, got ${backend}.`,
  );
}

const entry = `
  import '@tensorflow/tfjs-backend-cpu';
  import * as tf from '@tensorflow/tfjs-core';
  import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
  import '@tensorflow/tfjs-core/dist/register_all_gradients';
  import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util';
  ${registrations[backend]}
  await tf.setBackend('${backend}');
  await tf.ready();
  setTestEnvs([{ name: '${backend}', backendName: '${backend}', isDataSync: true }]);
  await import('@tensorflow/tfjs-core/dist/tests');`;

const directory = await mkdtemp(join(tmpdir(), 'tfjs-suite-'));
const bundle = join(directory, 'suite.mjs');
await build({
  stdin: { contents: entry, resolveDir: root },
  outfile: bundle,
  bundle: true,
  ignoreAnnotations: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  conditions: ['@marco-ts/source'],
  external: [require.resolve('@tensorflow/tfjs-backend-wasm')],
  logLevel: 'error',
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  plugins: [
    {
      // The suite asks for a second jasmine only to set its timeout; ours is set below.
      name: 'one-jasmine',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^jasmine-core\// }, ({ path }) => ({ path, namespace: 'one-jasmine' }));
        onLoad({ filter: /.*/, namespace: 'one-jasmine' }, () => ({ contents: 'exports.core = () => ({});' }));
      },
    },
  ],
});

const runner = new Jasmine({ projectBaseDir: directory });
runner.exitOnCompletion = false;
runner.env.configure({ random: false, forbidDuplicateNames: false });
globalThis.jasmine.DEFAULT_TIMEOUT_INTERVAL = 60_000;
runner.clearReporters();
const counts = { passed: 0, failed: 0, pending: 0 };
const failures = [];
runner.addReporter({
  specDone(result) {
    if (result.status === 'passed') counts.passed++;
    else if (result.status === 'failed') {
      counts.failed++;
      failures.push({ name: result.fullName, message: result.failedExpectations[0]?.message.split('\n')[0] });
    } else counts.pending++;
  },
});
const { warn } = console;
console.warn = () => {};
await import(bundle);
await runner.execute();
console.warn = warn;
await rm(directory, { recursive: true });
for (const { name, message } of failures) console.log(`FAILED ${name}\n       ${message}`);
const { version } = JSON.parse(await readFile(join(root, 'node_modules/@tensorflow/tfjs-core/package.json'), 'utf8'));
console.log(`tfjs-core ${version} suite on ${backend}: ${JSON.stringify(counts)}`);
process.exit(counts.failed > 0 ? 1 : 0);
