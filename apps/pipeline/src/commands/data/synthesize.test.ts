import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTerminal } from '../../console/terminal.ts';
import { BadInputError } from '../../errors.ts';
import { synthesize } from './synthesize.ts';

let directory: string;
let server: Server;
let url: string;
let numAsked = 0;
beforeEach(async () => {
  numAsked = 0;
  directory = await mkdtemp(join(tmpdir(), 'marco-synthesize-'));
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    numAsked++;
    const { model, messages } = JSON.parse(text);
    if (model !== 'known') return void response.writeHead(404).end('no such model');
    const content = `A story about ${messages.at(-1).content}, told at some length.`;
    response.end(JSON.stringify({ choices: [{ message: { content }, finish_reason: 'stop' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const run = async (lines: readonly string[], model = 'known', minWords = 3) => {
  const prompts = join(directory, 'prompts.jsonl');
  await writeFile(prompts, lines.join('\n'));
  const output = join(directory, 'out');
  const options = { url, model, output, maxNewTokens: 50, temperature: 1, concurrency: 2, minWords };
  return synthesize(prompts, options, createTerminal(new PassThrough() as unknown as NodeJS.WriteStream));
};
const prompt = (text: string, language = 'eng_Latn') => JSON.stringify({ prompt: text, language });

test('answers become documents by language, with counts; a second run asks nothing again', async () => {
  const lines = [prompt('rivers'), prompt('mito', 'swh_Latn'), prompt('hills')];
  const { files, counts, table } = await run(lines);
  expect(numAsked).toBe(3);
  expect(counts).toMatchObject({ numPrompts: 3, numFailed: 0 });
  expect(table).toMatch(/eng_Latn +2 +2/);
  const english = files.find((file) => file.includes('eng_Latn'))!;
  const documents = gunzipSync(await readFile(english))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(documents.map(({ id, text }) => [id, text])).toEqual([
    ['prompt-1', 'A story about rivers, told at some length.'],
    ['prompt-3', 'A story about hills, told at some length.'],
  ]);
  const again = await run([...lines, prompt('seas')]);
  expect(numAsked).toBe(4);
  expect(again.counts).toMatchObject({ numPrompts: 4, numFromCache: 3 });
});

test('short answers are dropped with their reason', async () => {
  const { files, table } = await run([prompt('rivers')], 'known', 50);
  expect(files).toEqual([]);
  expect(table).toContain('answer_too_short');
});

test('a model that is not there and a bad line are bad input', async () => {
  await expect(run([prompt('rivers')], 'unknown')).rejects.toThrow(BadInputError);
  await expect(run([prompt('rivers'), '{"prompt": "x", "language": "english"}'])).rejects.toThrow(
    /got language: .* at .*prompts\.jsonl:2/,
  );
});
