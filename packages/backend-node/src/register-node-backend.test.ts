/**
 * The real addon cannot be had everywhere, so a package of the same shape stands in for it: it calls the functions of `util` that
 * tfjs-node calls, then registers a backend `tensorflow`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, test, vi } from 'vitest';
import { probeNodeBackend } from './probe-node-backend.ts';
import { registerNodeBackend } from './register-node-backend.ts';

const directories: string[] = [];
const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;

afterEach(() => {
  if (tf.engine().backendNames().includes('tensorflow')) tf.removeBackend('tensorflow');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

interface FakeOptions {
  readonly gpu?: boolean;
  readonly addon?: boolean;
  readonly source?: string;
}

const CORE = JSON.stringify(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core'));
const registering = (isUsingGpuDevice: boolean) => `
  const util = require('util');
  if (!(0, util.isNullOrUndefined)(null) || !(0, util.isArray)([])) throw new Error('util is not repaired');
  const tf = require(${CORE});
  class Backend extends tf.KernelBackend { isUsingGpuDevice = ${isUsingGpuDevice}; dispose() {} }
  tf.registerBackend('tensorflow', () => new Backend(), 3);
  tf.setBackend('tensorflow');`;

function fakeInstall({ gpu = false, addon = true, source = registering(gpu) }: FakeOptions = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'marco-backend-node-'));
  directories.push(directory);
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const root = join(directory, 'node_modules', name);
  mkdirSync(join(root, 'lib', 'napi-v8'), { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version: '4.22.0', main: 'index.js' }));
  writeFileSync(join(root, 'index.js'), source);
  if (addon) writeFileSync(join(root, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
  return directory;
}

test('loads the package after putting back what current Node lacks', async () => {
  delete util.isNullOrUndefined;
  delete util.isArray;
  const directory = fakeInstall();
  const record = await registerNodeBackend({ gpu: false, directories: [directory] });
  expect(record).toEqual({
    tfjsName: 'tensorflow',
    version: '@tensorflow/tfjs-node 4.22.0',
    origin: 'installed',
    directory: expect.stringMatching(/node_modules.@tensorflow.tfjs-node$/),
    isUsingGpu: false,
    repaired: ['isNullOrUndefined', 'isArray'],
  });
  expect(tf.findBackend('tensorflow')).not.toBeNull();
});

test('a copy of tfjs that registers its kernels again does so without a word, and warnings are on again afterwards', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const kernel = '{ kernelName: "Twice", backendName: "tensorflow", kernelFunc: () => [] }';
  const twice = `require(${CORE}).registerKernel(${kernel}); require(${CORE}).registerKernel(${kernel});`;
  await registerNodeBackend({ gpu: false, directories: [fakeInstall({ source: twice + registering(false) })] });
  expect(warn).not.toHaveBeenCalled();
  tf.registerKernel({ kernelName: 'Twice', backendName: 'tensorflow', kernelFunc: () => [] });
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
  tf.unregisterKernel('Twice', 'tensorflow');
});

test('a GPU that libtensorflow sees is in the record', async () => {
  const record = await registerNodeBackend({ gpu: true, directories: [fakeInstall({ gpu: true })] });
  expect(record.isUsingGpu).toBe(true);
  expect(record.version).toBe('@tensorflow/tfjs-node-gpu 4.22.0');
});

test('a GPU build that sees no GPU is refused, and the backend before it is current again', async () => {
  tf.registerBackend('before', () => new (class extends tf.KernelBackend {})());
  await tf.setBackend('before');
  const directory = fakeInstall({ gpu: true, source: registering(false) });
  await expect(registerNodeBackend({ gpu: true, directories: [directory] })).rejects.toThrow(
    /must see a CUDA GPU.*CUDA 11\.2/,
  );
  expect(tf.getBackend()).toBe('before');
});

test('one process holds one tfjs-node: the first stays, whoever loaded it, and the record says which it is', async () => {
  const gpuInstall = fakeInstall({ gpu: true, source: registering(false) });
  await expect(registerNodeBackend({ gpu: true, directories: [gpuInstall] })).rejects.toThrow('must see a CUDA GPU');
  const fallback = await registerNodeBackend({ gpu: false, directories: [fakeInstall()] });
  expect(fallback).toMatchObject({
    version: '@tensorflow/tfjs-node-gpu 4.22.0',
    origin: 'installed',
    isUsingGpu: false,
  });
  expect(tf.getBackend()).toBe('tensorflow');
  await expect(registerNodeBackend({ gpu: true, directories: [gpuInstall] })).rejects.toThrow(
    'One process holds one libtensorflow',
  );
  tf.removeBackend('tensorflow');
  const Backend = class extends tf.KernelBackend {
    override dispose(): void {}
  };
  tf.registerBackend('tensorflow', () => new Backend());
  expect(await registerNodeBackend({ gpu: false, directories: [] })).toEqual({
    tfjsName: 'tensorflow',
    version: 'a tfjs-node that the program had loaded itself',
    origin: 'program',
    isUsingGpu: false,
    repaired: [],
  });
});

test('a missing package is named with the command that installs it', async () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'marco-backend-node-'));
  directories.push(nowhere);
  const failure = registerNodeBackend({ gpu: true, directories: [nowhere] });
  await expect(failure).rejects.toThrow('npm install @tensorflow/tfjs-node-gpu@4.22.0');
  await expect(failure).rejects.toHaveProperty('fix', expect.stringContaining('npm install'));
  expect(probeNodeBackend({ gpu: true, directories: [nowhere] })).toMatchObject({
    available: false,
    missing: '@tensorflow/tfjs-node-gpu is neither installed nor built.',
  });
});

test('a package without its addon says why downloads fail and how to rebuild', async () => {
  const directory = fakeInstall({ addon: false });
  await expect(registerNodeBackend({ gpu: false, directories: [directory] })).rejects.toThrow(
    /tfjs_binding\.node must be there.*TFJS_NODE_BASE_URI.*npm rebuild @tensorflow\/tfjs-node/,
  );
  expect(probeNodeBackend({ gpu: false, directories: [directory] })).toMatchObject({
    available: false,
    facts: { package: '@tensorflow/tfjs-node 4.22.0' },
    missing: 'its native addon is missing.',
  });
});

test('an addon that does not load gives its first line and the way out', async () => {
  const directory = fakeInstall({ source: "throw new Error('GLIBC_2.99 not found\\nand more')" });
  const failure = registerNodeBackend({ gpu: false, directories: [directory] });
  await expect(failure).rejects.toThrow(/got: GLIBC_2\.99 not found\. .*npm rebuild/);
  await expect(failure).rejects.not.toThrow(/and more/);
});

test('a package that registers nothing is refused', async () => {
  const directory = fakeInstall({ source: 'module.exports = {};' });
  await expect(registerNodeBackend({ gpu: false, directories: [directory] })).rejects.toThrow(
    /must register the backend tensorflow/,
  );
});

test('probing finds package and addon and loads neither', () => {
  const directory = fakeInstall({ source: "throw new Error('was loaded')" });
  const probe = probeNodeBackend({ gpu: false, directories: [directory] });
  expect(probe.available).toBe(true);
  expect(probe.facts.addon).toMatch(/tfjs_binding\.node$/);
});

test('options without gpu are refused', async () => {
  await expect(registerNodeBackend({} as never)).rejects.toThrow('gpu must be true or false, got undefined.');
});
