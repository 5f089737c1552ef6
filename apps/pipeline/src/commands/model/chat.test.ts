import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { disposeParams, initBackend } from '@marco-ts/core';
import { saveQwen2 } from '@marco-ts/model/files';
import type { ChatMessage } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../../../test/fixtures/tiny-chat-model.ts';
import { chat, fitPrompt } from './chat.ts';

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

const said: ChatMessage[] = ['Haki', 'ya', 'kuishi', 'life', 'right'].map((content, index) => ({
  role: index % 2 === 0 ? 'user' : 'assistant',
  content,
}));

test('the oldest question and answer are forgotten first, the system message never', () => {
  const whole = fitPrompt(model, 'Be.', said, 1);
  const numTokens = (numForgotten: number) =>
    model.tokenizer.encodeChat([{ role: 'system', content: 'Be.' }, ...said.slice(numForgotten)], {
      addGenerationPrompt: true,
    }).ids.length;
  expect(whole.numForgotten).toBe(numTokens(0) <= 95 ? 0 : 2);
  const config = { ...model.config, maxPositionEmbeddings: numTokens(0) - 1 };
  const fitted = fitPrompt({ ...model, config }, 'Be.', said, 1);
  expect(fitted.numForgotten).toBe(2);
  expect(model.tokenizer.decode(fitted.prompt)).toMatch(
    /^<\|im_start\|>system\nBe\.<\|im_end\|>\n<\|im_start\|>user\nkuishi/,
  );
});

test('a message longer than the context is refused', () => {
  const long: ChatMessage[] = [{ role: 'user', content: 'zq'.repeat(100) }];
  expect(() => fitPrompt(model, undefined, long, 10)).toThrow(/a message must fit the model's 96 tokens, got \d+/);
});
