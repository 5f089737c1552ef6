/**
 * The package in a real browser: bundled without any Node module, the wasm backend starts in a page without special headers.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const profile = mkdtempSync(join(tmpdir(), 'marco-core-browser-'));
afterAll(() => rmSync(profile, { recursive: true, force: true }));

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, 'browser-page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@marco-ts/source'],
    mainFields: ['module', 'browser', 'main'],
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

/** Serves the script, opens it in the browser and gives back what the page posts. */
async function openPage(script: string, backend: string): Promise<Record<string, unknown>> {
  let resolve: (result: Record<string, unknown>) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<Record<string, unknown>>((onResult, onError) => {
    resolve = onResult;
    reject = onError;
  });
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      resolve(JSON.parse(await text(request)));
      response.end();
    } else if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(script);
    } else {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><body><script type="module" src="/page.js"></script></body>');
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const browser = spawn(
    CHROMIUM!,
    [
      '--headless',
      '--no-sandbox',
      '--disable-dev-shm-usage',
      // The GPU that chromium emulates on the processor.
      '--enable-unsafe-webgpu',
      '--use-webgpu-adapter=swiftshader',
      `--user-data-dir=${profile}`,
      `http://127.0.0.1:${port}/?${backend}`,
    ],
    { stdio: 'ignore' },
  );
  browser.once('exit', (code) => reject(new Error(`chromium ended with ${code} before the page said anything`)));
  browser.once('error', reject);
  try {
    return await promise;
  } finally {
    const hasEnded = new Promise((ended) => browser.once('exit', ended));
    browser.kill();
    await hasEnded;
    server.closeAllConnections();
    server.close();
  }
}

describe.skipIf(CHROMIUM === undefined)('in a browser (skipped without chromium)', () => {
  let script: string;
  beforeAll(async () => {
    script = await bundle();
  });

  test('the bundle imports no module of Node', () => {
    expect(script).not.toMatch(/from\s*["']node:/);
  });

  test('the wasm backend starts in a page without special headers, and no tensor stays behind', async () => {
    const result = await openPage(script, 'wasm');
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({
      loss: [31],
      gradient: [5, 7],
      record: { name: 'wasm', numThreads: 1 },
      numTensors: 0,
      isFused: true,
    });
    expect(result.fusedError).toBeLessThan(1e-4);
    const probes = result.probes as { name: string; missing?: string }[];
    expect(probes.find((probe) => probe.name === 'node')?.missing).toBe('tfjs-node needs Node.');
  });

  test('the webgpu backend starts on the adapter of the browser, or says why not', async () => {
    const result = await openPage(script, 'webgpu');
    if (result.error === undefined) {
      expect(result).toMatchObject({ loss: [31], gradient: [5, 7], record: { name: 'webgpu', version: 'browser' } });
      expect(result).toMatchObject({ isFused: true, numTensors: 0 });
      expect(result.fusedError).toBeLessThan(1e-4);
    } else {
      expect(result.error).toMatch(/must offer navigator\.gpu|a GPU adapter must be present/);
    }
  });
});
