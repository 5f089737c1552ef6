import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { disposeParams, initBackend } from '@marco-ts/core';
import { saveQwen2 } from '@marco-ts/model/files';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../../../test/fixtures/tiny-chat-model.ts';
import { chat } from './chat.ts';

let directory: string;
let model: ReturnType<typeof tinyChatModel>;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  model = tinyChatModel();
  directory = await mkdtemp(join(tmpdir(), 'marco-chat-'));
  const generationConfig = { do_sample: true, temperature: 1.5 };
  await saveQwen2(join(directory, 'model'), { ...model, generationConfig, files: model.tokenizer.files() });
});
afterAll(async () => {
  disposeParams(model.params);
  await rm(directory, { recursive: true });
});

async function answers(input: string, options: Partial<Parameters<typeof chat>[1]> = {}): Promise<string[]> {
  const stdout = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  const output = { stdout, stderr: new PassThrough() as unknown as NodeJS.WriteStream };
  const all = { backend: 'cpu' as const, maxTokens: 12, seed: 0, ...options };
  await chat(join(directory, 'model'), all, output, Readable.from([input]));
  stdout.end();
  return (await stdout.toArray()).join('').split('\n');
}

test('what is piped in is answered line by line, each for itself', async () => {
  const [first, second, third] = await answers('Haki\n人人\nHaki\n');
  expect(first).not.toBe('');
  expect(second).not.toBe(first);
  expect(third).toBe(first);
});

test("the model's own sampling is the default; temperature 0 and another seed change the answer", async () => {
  const [own] = await answers('Haki\n');
  expect(await answers('Haki\n', { seed: 1 })).not.toEqual([own, '']);
  const [greedy] = await answers('Haki\n', { temperature: 0 });
  expect(await answers('Haki\n', { temperature: 0, seed: 1 })).toEqual([greedy, '']);
});
