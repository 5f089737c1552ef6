/**
 * Serves the page and the files of one model directory, whole or by ranges, to this machine alone.
 *
 * Source: RFC 9110, section 14 (range requests); cross-origin isolation gives the page SharedArrayBuffer, and so threads.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { PageFiles } from './build-page.ts';

const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    // The wasm backend compiles its module and starts its threads from blobs.
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self'",
    "connect-src 'self' https: data:",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
/** No other file of the directory is given away. */
const MODEL_FILE = /^\/model\/([\w-]+\.(?:json|safetensors|safetensors\.index\.json|txt|jinja))$/;

/** @param directory Hugging Face model directory; read when asked for, never written */
export function createDemoServer(page: PageFiles, directory: string): Server {
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.statusCode = 500;
      response.end(`${(error as Error).message}\n`);
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) return refuse(response, 403);
    if (request.method !== 'GET') return refuse(response, 405);
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const asset = page.get(pathname);
    if (asset !== undefined) {
      response.setHeader('content-type', asset.type);
      response.end(asset.text);
      return;
    }
    const name = MODEL_FILE.exec(pathname)?.[1];
    if (name === undefined) return refuse(response, 404);
    await sendFile(join(directory, name), request.headers.range, response);
  }
}

async function sendFile(path: string, range: string | undefined, response: ServerResponse): Promise<void> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return refuse(response, 404);
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('accept-ranges', 'bytes');
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(last ? Number(last) : file.size - 1, file.size - 1);
  if (first !== undefined) {
    response.setHeader('content-range', start > end ? `bytes */${file.size}` : `bytes ${start}-${end}/${file.size}`);
    if (start > end) return refuse(response, 416);
    response.statusCode = 206;
  }
  response.setHeader('content-length', Math.max(0, end - start + 1));
  if (file.size === 0) response.end();
  else
    createReadStream(path, { start, end })
      .on('error', () => response.destroy())
      .pipe(response);
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${status}\n`);
}
