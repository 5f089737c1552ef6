/**
 * The demo as a person uses it: the page served as `pnpm demo` serves it, in Chromium, answers what Node answers.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend } from '@marco-ts/core';
import { generate, initQwen2Params, parseQwen2Config } from '@marco-ts/model';
import { saveQwen2 } from '@marco-ts/model/files';
import { trainTokenizer } from '@marco-ts/tokenizer';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPage } from '../../src/server/build-page.ts';
import { createDemoServer } from '../../src/server/create-demo-server.ts';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const QUESTION = 'Ein Wort, zwei <b>Wörter</b> 🙂';
const NUM_TOKENS = 24;
/** An emulated GPU compiles its programs for each length anew, seconds for a token. */
const NUM_EMULATED_TOKENS = 3;

let root = '';
let directory = '';
let server: Server;
let origin = '';
let expected = '';
let expectedStart = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'marco-demo-'));
  directory = join(root, 'model');
  await initBackend({ prefer: ['wasm'] });
  const tokenizer = trainTokenizer(['Ein Wort, zwei Wörter, drei Worte. '.repeat(20)], { vocabSize: 300 });
  const config = parseQwen2Config({
    model_type: 'qwen2',
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 48,
    vocab_size: tokenizer.vocabSize,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    initializer_range: 0.3,
    tie_word_embeddings: true,
  });
  const params = initQwen2Params(config, 5);
  // Two shards, so that the page reads an index too.
  await saveQwen2(directory, { config, params, files: tokenizer.files(), maxShardSizeBytes: 60_000 });
  await writeFile(join(directory, 'notes.md'), 'not for the page');
  const prompt = tokenizer.encodeChat([{ role: 'user', content: QUESTION }], { addGenerationPrompt: true }).ids;
  const eosTokenIds = [tokenizer.eosTokenId, tokenizer.tokenToId('<|im_end|>')!];
  const [answer] = await generate({ params, config, prompts: [prompt], maxNewTokens: NUM_TOKENS, eosTokenIds });
  expected = tokenizer.decode(answer!);
  expectedStart = tokenizer.decode(answer!.slice(0, NUM_EMULATED_TOKENS));
  disposeParams(params);
  server = createDemoServer(await buildPage(), directory);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(root, { recursive: true, force: true });
});

test('the server gives the page and the model files, ranges of them, and nothing else', async () => {
  const page = await fetch(`${origin}/`);
  expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const part = await fetch(`${origin}/model/config.json`, { headers: { range: 'bytes=0-1' } });
  expect([part.status, (await part.text()).length]).toEqual([206, 2]);
  expect((await fetch(`${origin}/model/config.json`, { headers: { range: 'bytes=999999-' } })).status).toBe(416);
  for (const path of ['/model/notes.md', '/model/..%2fmodel%2fconfig.json', '/model/', '/etc/passwd'])
    expect((await fetch(origin + path)).status, path).toBe(404);
});

describe.skipIf(executablePath === undefined)('in Chromium (skipped where none is installed)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu'] });
  });
  afterAll(() => browser?.close());

  const statusIs = (page: Page, state: string) => page.waitForSelector(`#status[data-state="${state}"]`);
  const ask = async (page: Page, numTokens: number): Promise<void> => {
    await page.click('summary');
    await page.fill('#longest', String(numTokens));
    await page.click('summary');
    await page.fill('#question', QUESTION);
    await page.press('#question', 'Enter');
    await page.waitForSelector('.assistant');
  };
  const lastAnswer = (page: Page) => page.locator('.assistant p').last().textContent();

  test('by address, on the served model: the greedy answer of Node, with threads', async () => {
    const page = await browser.newPage({ viewport: { width: 360, height: 640 }, colorScheme: 'dark' });
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${origin}/?backend=wasm`);
    await statusIs(page, 'ready');
    await ask(page, NUM_TOKENS);
    await statusIs(page, 'ready');
    expect(await lastAnswer(page)).toBe(expected);
    expect(await page.locator('.user p').textContent()).toBe(QUESTION);
    expect(await page.locator('#talk b').count()).toBe(0);
    expect(await page.locator('#status').textContent()).toMatch(/^wasm \(\d+ threads\) .* tokens\/s$/);
    expect(await page.evaluate('crossOriginIsolated')).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // Files that a model may lack are asked for and answered 404.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await page.close();
  });

  test('on WebGPU, by the adapter that Chromium emulates: the greedy answer of Node', async () => {
    const emulated = await chromium.launch({
      executablePath: executablePath!,
      args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
    });
    try {
      const page = await emulated.newPage();
      page.setDefaultTimeout(100_000);
      await page.goto(`${origin}/?backend=webgpu`);
      await statusIs(page, 'ready');
      await ask(page, NUM_EMULATED_TOKENS);
      await statusIs(page, 'ready');
      expect(await lastAnswer(page)).toBe(expectedStart);
      expect(await page.locator('#status').textContent()).toMatch(/^webgpu .* tokens\/s$/);
    } finally {
      await emulated.close();
    }
  }, 120_000);

  test('from a chosen directory; a stopped answer keeps what was said', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/?backend=wasm&model=/nothing/`);
    await statusIs(page, 'error');
    expect(await page.locator('#status').textContent()).toContain('config.json');
    await page.setInputFiles('#folder', directory);
    await statusIs(page, 'ready');
    // Pressed in the page as soon as something is said: on a busy machine the whole answer could be there before a click from outside.
    await page.evaluate(`new MutationObserver((_, observer) => {
      if (!/\\S/.test(document.querySelector('.assistant p')?.textContent ?? '')) return;
      observer.disconnect();
      document.querySelector('#stop').click();
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
    await ask(page, 8000);
    await statusIs(page, 'ready');
    expect(await page.locator('#status').textContent()).toContain('stopped');
    expect((await lastAnswer(page))!.length).toBeGreaterThan(0);
    await page.close();
  });
});
