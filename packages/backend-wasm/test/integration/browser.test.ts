/**
 * The backend in Chromium: threads in a page that is cross-origin isolated and in a worker of it, one thread elsewhere, the same bits as in Node.
 */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as tf from '@tensorflow/tfjs-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WasmRuntimeOptions } from '../../src/runtime/wasm-runtime.ts';
import { hashBits } from '../hash-bits.ts';
import { mixedWork } from '../mixed-work.ts';
import { registerVariants, runOn } from '../variants.ts';
import type { ProgramResult } from './browser-program.ts';
import { bundlePage } from './bundle-page.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** What a server must send so that a page gets SharedArrayBuffer. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
const NO_BLOBS = { ...ISOLATED, 'content-security-policy': "worker-src 'self'" };
const PAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '/isolated': ISOLATED,
  '/isolated-without-blobs': NO_BLOBS,
  '/plain': {},
};

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is installed)', () => {
  let browser: Browser;
  let server: Server;
  let script: string;

  beforeAll(async () => {
    script = await bundlePage('browser-program.ts');
    server = createServer((request, response) => {
      const isScript = request.url === '/program.js';
      const headers = isScript ? ISOLATED : (PAGES[request.url ?? ''] ?? {});
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html', ...headers });
      response.end(isScript ? script : '<!doctype html><body><script type="module" src="/program.js"></script></body>');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function runInPage(path: string, options: WasmRuntimeOptions, inWorker = false): Promise<ProgramResult> {
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { waitUntil: 'load' });
      return await page.evaluate(
        async ({ options, inWorker }) => {
          const { runProgram } = globalThis as unknown as { runProgram(o: typeof options): Promise<ProgramResult> };
          if (!inWorker) return runProgram(options);
          const worker = new Worker('/program.js', { type: 'module' });
          worker.postMessage(options);
          const result = await new Promise<ProgramResult & { error?: string }>((resolve, reject) => {
            worker.onmessage = ({ data: message }) => resolve(message);
            worker.onerror = ({ message }) => reject(new Error(message));
          });
          if (result.error) throw new Error(result.error);
          return result;
        },
        { options, inWorker },
      );
    } finally {
      await page.close();
    }
  }

  async function hashesInNode(variant: string): Promise<string> {
    await registerVariants();
    return (await runOn(variant, mixedWork)).map(hashBits).join(' ');
  }

  test('the bundle imports no module of Node', () => {
    expect(script).not.toMatch(/(?:from|import)\s*\(?["']node:/);
  });

  test.skipIf(navigator.hardwareConcurrency < 2)(
    'an isolated page: worker threads take part, the bits are those of Node',
    async () => {
      const result = await runInPage('/isolated', { numThreads: 2 });
      expect(result.record).toEqual({ name: 'marco-wasm', simd: 'relaxed', numThreads: 2, shared: true, notes: [] });
      expect(result.tasksByWorkers).toBeGreaterThan(0);
      expect(result).toMatchObject({ numTensors: 0, bytesInUse: 0 });
      expect(new Set(result.hashes)).toEqual(new Set([await hashesInNode('best, 2 threads')]));
    },
  );

  test.skipIf(navigator.hardwareConcurrency < 2)('a worker of an isolated page has threads of its own', async () => {
    const result = await runInPage('/isolated', { numThreads: 2 }, true);
    expect(result.record).toMatchObject({ numThreads: 2, shared: true, notes: [] });
    expect(result.tasksByWorkers).toBeGreaterThan(0);
    expect(new Set(result.hashes)).toEqual(new Set([await hashesInNode('best, 2 threads')]));
  });

  test('a page that is not isolated: one thread, said so, the same bits', async () => {
    const result = await runInPage('/plain', { numThreads: 2 });
    expect(result.record).toMatchObject({ simd: 'relaxed', numThreads: 1, shared: false });
    expect(result.record.notes).toEqual([
      'one thread: no SharedArrayBuffer here (a page must be cross-origin isolated)',
    ]);
    expect(result).toMatchObject({ tasksByWorkers: 0, numTensors: 0, bytesInUse: 0 });
    expect(new Set(result.hashes)).toEqual(new Set([await hashesInNode('best, 1 thread')]));
  });

  test('a page whose policy forbids workers from blobs: one thread, said so', async () => {
    const result = await runInPage('/isolated-without-blobs', { numThreads: 2 });
    expect(result.record).toMatchObject({ numThreads: 1, shared: true });
    expect(result.record.notes[0]).toMatch(/^one thread: worker threads cannot start here \(.*blob/);
    expect(new Set(result.hashes)).toEqual(new Set([await hashesInNode('best, 1 thread')]));
  });

  test('the fixed build gives the same bits as in Node', async () => {
    const result = await runInPage('/isolated', { numThreads: 2, simd: 'fixed' });
    expect(result.record).toMatchObject({ simd: 'fixed' });
    expect(new Set(result.hashes)).toEqual(new Set([await hashesInNode('fixed, 1 thread')]));
  });

  afterAll(() => {
    expect(tf.memory().numTensors).toBe(0);
  });
});
