/**
 * The whole build with scripts in the places of npm, compiler, Python and Node; test/integration/native-build.test.ts has the real ones.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeWheel, MAIN_LIBRARY } from '../../test/fixtures/fake-libtensorflow.ts';
import { type FakeTools, fakeTools } from '../../test/fixtures/fake-tools.ts';
import { probeNodeBackend } from '../probe-node-backend.ts';
import { registerNodeBackend } from '../register-node-backend.ts';
import { type BuildNativeAddonOptions, buildNativeAddon } from './build-native-addon.ts';
import { findNativeBuilds } from './find-native-build.ts';
import { RECORD_FILE } from './native-build-record.ts';

const CORE = JSON.stringify(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core'));
const REGISTERING = `
  const tf = require(${CORE});
  class Backend extends tf.KernelBackend { isUsingGpuDevice = false; dispose() {} }
  tf.registerBackend('tensorflow', () => new Backend(), 3);
  tf.setBackend('tensorflow');`;

let directory: string;
let wheel: string;
let tools: FakeTools;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'marco-build-')));
  wheel = fakeWheel(join(directory, 'site-packages', 'tensorflow'));
  tools = fakeTools(directory, { source: REGISTERING });
});
afterEach(() => {
  if (tf.engine().backendNames().includes('tensorflow')) tf.removeBackend('tensorflow');
  rmSync(directory, { recursive: true, force: true });
});

const build = (options: BuildNativeAddonOptions = { libtensorflow: wheel }) =>
  buildNativeAddon({ env: tools.env, node: tools.node, ...options });

test('builds against a directory, and the record says against what and with what', async () => {
  const lines: string[] = [];
  const result = await build({ libtensorflow: wheel, onProgress: (line) => lines.push(line) });
  expect(result.isReused).toBe(false);
  expect(result.directory).toMatch(/cache\/tfjs-node-4\.22\.0-[0-9a-f]{12}$/);
  expect(readFileSync(result.addonPath, 'utf8')).toBe('addon');
  expect(result.record).toMatchObject({
    package: '@tensorflow/tfjs-node 4.22.0',
    compiler: 'fake-c++ 1.2.3',
    libtensorflow: { version: '9.8.7', directory: wheel, wheel: null, isCudaBuild: false },
  });
  expect(JSON.parse(readFileSync(join(result.directory, RECORD_FILE), 'utf8'))).toEqual(result.record);
  expect(readdirSync(tools.cache)).toHaveLength(1);
  expect(lines.map((line) => line.split(/[ :]/)[0])).toEqual(['libtensorflow', 'fetching', 'compiling', 'loading']);
});

test('builds against the wheel of a Python', async () => {
  tools.replace('python3', `echo '{"directory": "${wheel}", "wheel": "tensorflow-cpu 2.21.0"}'`);
  const { record } = await build({});
  expect(record.libtensorflow).toMatchObject({ directory: wheel, wheel: 'tensorflow-cpu 2.21.0' });
});

test('a second call keeps the build and starts no tool; another wheel gets a build of its own and is then the one in use', async () => {
  const first = await build();
  const second = await build({ libtensorflow: fakeWheel(join(directory, 'other')) });
  expect(second.directory).not.toBe(first.directory);
  expect(findNativeBuilds(tools.cache).usable[0]!.directory).toBe(second.directory);
  for (const name of ['npm', 'c++', 'node']) tools.remove(name);
  expect(await build()).toEqual({ ...first, isReused: true });
  expect(findNativeBuilds(tools.cache).usable[0]!.directory).toBe(first.directory);
});

test('a wheel replaced at its place, and an entry that is broken, are built anew', async () => {
  const first = await build();
  rmSync(first.addonPath);
  expect(await build()).toMatchObject({ directory: first.directory, isReused: false });
  writeFileSync(join(wheel, MAIN_LIBRARY), 'the next release');
  const next = await build();
  expect(next).toMatchObject({ isReused: false });
  expect(next.directory).not.toBe(first.directory);
  expect(findNativeBuilds(tools.cache).unusable).toEqual([
    { directory: first.directory, reason: expect.stringContaining('has changed since') },
  ]);
});

test('two at once end with one build and no remains', async () => {
  const results = await Promise.all([build(), build()]);
  expect(new Set(results.map((result) => result.directory)).size).toBe(1);
  expect(readdirSync(tools.cache)).toHaveLength(1);
});

test('what a killed build left behind is cleared, what another process is building is not', async () => {
  for (const name of ['.building-999999999-x', `.building-${process.ppid}-x`]) {
    mkdirSync(join(tools.cache, name), { recursive: true });
  }
  await build();
  expect(existsSync(join(tools.cache, '.building-999999999-x'))).toBe(false);
  expect(existsSync(join(tools.cache, `.building-${process.ppid}-x`))).toBe(true);
});

test('registerNodeBackend takes the build before an installed package and says where it came from', async () => {
  const { packageDirectory } = await build();
  expect(probeNodeBackend({ gpu: false, cache: tools.cache, directories: [] })).toMatchObject({
    available: true,
    facts: { package: `@tensorflow/tfjs-node 4.22.0 on libtensorflow 9.8.7 (${wheel})` },
  });
  expect(await registerNodeBackend({ gpu: false, cache: tools.cache, directories: [] })).toMatchObject({
    version: `@tensorflow/tfjs-node 4.22.0 on libtensorflow 9.8.7 (${wheel})`,
    origin: 'built',
    directory: packageDirectory,
    isUsingGpu: false,
  });
});

test('a build for the processor alone is not taken for a GPU, a CUDA build is and must see one', async () => {
  await build();
  const places = { gpu: true, cache: tools.cache, directories: [] };
  await expect(registerNodeBackend(places)).rejects.toThrow(/must be installed, got none.*tensorflow\[and-cuda\]/);
  await build({ libtensorflow: fakeWheel(join(directory, 'cuda'), { isCudaBuild: true }) });
  await expect(registerNodeBackend(places)).rejects.toThrow(/must see a CUDA GPU, got only the processor.*the driver/);
});

test('a build whose wheel was removed is named where nothing else is found', async () => {
  const { directory: place } = await build();
  rmSync(wheel, { recursive: true });
  await expect(registerNodeBackend({ gpu: false, cache: tools.cache, directories: [] })).rejects.toThrow(
    new RegExp(`got none \\(a native build at ${place} cannot be used: .* is gone\\)\\. Install it: npm install`),
  );
  expect(probeNodeBackend({ gpu: false, cache: tools.cache, directories: [] })).toMatchObject({
    available: false,
    missing: expect.stringContaining('is gone'),
  });
});

test.each<[string, (tools: FakeTools) => void, RegExp, string]>([
  ['no compiler', (t) => t.remove('c++'), /a C\+\+17 compiler must be there/, 'apt-get install g++'],
  ['no npm', (t) => t.remove('npm'), /npm must be on PATH, got none/, 'nodejs.org'],
  [
    'no registry',
    (t) => t.replace('npm', 'echo "npm error code ENOTFOUND" >&2; exit 1'),
    /must come from the npm registry, got an error:\nnpm error code ENOTFOUND\n/,
    'npm config set registry',
  ],
  ['a full disk', (t) => t.replace('npm', 'echo "npm error code ENOSPC"; exit 1'), /ENOSPC/, 'The disk is full'],
  ['a package without sources', (t) => t.replace('npm', ':'), /got no node_modules\/@tensorflow/, 'npm cache verify'],
  [
    'sources that do not compile',
    (t) =>
      t.replace(
        'c++',
        '[ "$1" = --version ] && { echo old-c++ 4; exit 0; }\necho "a.cc:1: error: first" >&2; i=0; while [ $i -lt 40 ]; do echo "line $i" >&2; i=$((i+1)); done; exit 1',
      ),
    /must compile against .*, got from old-c\+\+ 4:\na\.cc:1: error: first\n…\nline 28\n(?:line \d+\n){10}line 39\n/,
    'set CXX',
  ],
  [
    'a disk that is full while compiling',
    (t) => t.replace('c++', '[ "$1" = --version ] && exit 0; echo "fatal: No space left on device" >&2; exit 1'),
    /No space left on device/,
    'TMPDIR',
  ],
  [
    'an addon that does not load',
    (t) =>
      t.replace(
        'node',
        'printf "node:internal:1\\n\\nError: x.so: undefined symbol: TFE_Y\\n    at load\\n" >&2; exit 1',
      ),
    /must load, got Error: x\.so: undefined symbol: TFE_Y\. The libraries do not fit/,
    'name another libtensorflow',
  ],
  ['an addon of something else', (t) => t.replace('node', 'echo "{}"'), /must load, got \{\}\./, 'name another'],
])('%s: said, with the way out, and nothing is left behind', async (_, spoil, message, fix) => {
  spoil(tools);
  const failure = build();
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toMatchObject({ fix: expect.stringContaining(fix), isBadInput: false });
  expect(existsSync(tools.cache) ? readdirSync(tools.cache) : []).toEqual([]);
});

test('a cache that cannot be written', async () => {
  writeFileSync(join(directory, 'file'), '');
  const failure = build({ libtensorflow: wheel, env: { ...tools.env, MARCO_CACHE: join(directory, 'file', 'cache') } });
  await expect(failure).rejects.toThrow(/the cache must be writable, got .*Set MARCO_CACHE/);
});

test('a directory and a Python at once are refused', async () => {
  await expect(build({ libtensorflow: wheel, python: 'python3' })).rejects.toMatchObject({
    message: expect.stringContaining('one libtensorflow must be named, got the directory'),
    isBadInput: true,
  });
});
