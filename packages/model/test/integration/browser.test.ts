/**
 * Tokenizer, checkpoint and model in one page: bundled without any Node module, greedy tokens in Chromium are those of Node.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { disposeParams, initBackend } from '@marco-ts/core';
import { generate, initQwen2Params, parameterShapes, parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { answer } from './browser-page.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const PROMPT = 'Ein Wort, zwei Wörter 🙂';
const NUM_TOKENS = 12;

/** The page's functions, and the README's program for a page as it stands there. */
async function pageSource(): Promise<string> {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const [, example] = /## In a page[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)!;
  return `import { answer } from './browser-page.ts';
import { initBackend } from '@marco-ts/core';
await initBackend({ prefer: ['wasm'] });
${example}
Object.assign(globalThis, { answer, readmeParams: [...params.keys()] });`;
}

let script = '';
beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: await pageSource(), resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@marco-ts/source'],
    mainFields: ['module', 'browser', 'main'],
    logLevel: 'silent',
  });
  script = outputFiles[0]!.text;
});

test('a bundle of tokenizer, checkpoint, core and model imports no module of Node', () => {
  expect(script.length).toBeGreaterThan(100_000);
  expect(script).not.toMatch(/(?:from|import\(?)\s*["']node:/);
});

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is installed)', () => {
  let directory = '';
  let server: Server;
  let tokenizer: Tokenizer;
  let tokens: number[] = [];
  let config: Qwen2Config;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'marco-page-'));
    await initBackend({ prefer: ['wasm'] });
    tokenizer = trainTokenizer(['Ein Wort, zwei Wörter, drei Worte. '.repeat(20)], { vocabSize: 300 });
    config = parseQwen2Config({
      model_type: 'qwen2',
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      intermediate_size: 48,
      vocab_size: tokenizer.vocabSize,
      max_position_embeddings: 128,
      rms_norm_eps: 1e-6,
      rope_theta: 10_000,
      initializer_range: 0.3,
      tie_word_embeddings: true,
    });
    const params = initQwen2Params(config, 5);
    await saveQwen2(join(directory, 'model'), { config, params, dtype: 'BF16', files: tokenizer.files() });
    disposeParams(params);
    const loaded = await loadQwen2(join(directory, 'model'));
    const prompts = [tokenizer.encode(PROMPT)];
    const answers = await generate({ ...loaded, prompts, maxNewTokens: NUM_TOKENS, eosTokenIds: [] });
    tokens = [...answers[0]!];
    disposeParams(loaded.params);
    server = serve(join(directory, 'model'));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  });
  afterAll(async () => {
    server?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('greedy tokens and text are those of Node, whichever way the weights come', async () => {
    const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const page = await browser.newPage();
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await page.goto(origin);
      await page.waitForFunction('globalThis.readmeParams !== undefined');
      const names = await page.evaluate('readmeParams');
      expect(names).toEqual([...parameterShapes(config).keys()]);
      const result = (await page.evaluate(`answer(${JSON.stringify(PROMPT)}, ${NUM_TOKENS})`)) as Awaited<
        ReturnType<typeof answer>
      >;
      expect(new Set(tokens).size).toBeGreaterThan(2);
      const expected = { tokens, text: tokenizer.decode(tokens) };
      expect(result).toMatchObject({ backend: 'wasm', byRanges: expected, fromBlob: expected, numTensorsLeft: 0 });
      expect(result.refused).toContain(`answer a range with status 206, got status 200 at ${origin}/without-ranges.`);
    } finally {
      await browser.close();
    }
  });
});

/** The page, its script, and the files of a directory, whole or by ranges. */
function serve(model: string): Server {
  return createServer(async (request, response) => {
    const name = basename(request.url ?? '');
    if (name === '') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><body><script type="module" src="/page.js"></script></body>');
    } else if (name === 'page.js') {
      response.setHeader('content-type', 'text/javascript');
      response.end(script);
    } else if (name === 'without-ranges' || !existsSync(join(model, name))) {
      response.statusCode = name === 'without-ranges' ? 200 : 404;
      response.end();
    } else {
      const bytes = await readFile(join(model, name));
      const [, begin, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      if (begin === undefined) response.end(bytes);
      else {
        const piece = bytes.subarray(Number(begin), Number(end) + 1);
        response.writeHead(206, {
          'content-range': `bytes ${begin}-${Number(begin) + piece.length - 1}/${bytes.length}`,
        });
        response.end(piece);
      }
    }
  });
}
