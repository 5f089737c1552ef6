/**
 * The package in a real browser: bundled without any Node module, the wasm backend starts in a page without special headers.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';

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
    // The threads of the wasm backend in Node; a page never reaches these imports.
    external: ['node:*'],
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

async function openPage(script: string): Promise<Record<string, unknown>> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script></body>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const { stdout } = await promisify(execFile)(
      CHROMIUM!,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        `--user-data-dir=${profile}`,
        '--virtual-time-budget=20000',
        '--dump-dom',
        `http://127.0.0.1:${port}/`,
      ],
      { timeout: 60_000, maxBuffer: 1 << 24 },
    );
    const body = /<body>(.*)<\/body>/s.exec(stdout)?.[1] ?? '';
    if (!body.startsWith('{')) throw new Error(`the page said nothing: ${stdout.slice(0, 500)}`);
    return JSON.parse(body.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'));
  } finally {
    server.close();
  }
}

describe.skipIf(CHROMIUM === undefined)('in a browser (skipped without chromium)', () => {
  test('the bundle starts the wasm backend, computes a gradient and leaves no tensor behind', async () => {
    const script = await bundle();
    expect(script).not.toMatch(/from\s*["']node:/);
    const result = await openPage(script);
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({ loss: [31], gradient: [5, 7], backend: 'wasm', numTensors: 0 });
    const probes = result.probes as { name: string; missing?: string }[];
    expect(probes.find((probe) => probe.name === 'node')?.missing).toBe('tfjs-node needs Node.');
  });
});
