import { serve } from '@hono/node-server';
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyChatModel } from '../../test/fixtures/tiny-chat-model.ts';
import type { ApiTask } from './api-task.ts';
import { type CompletionEngine, createCompletionEngine } from './completion-engine.ts';
import { createApiServer } from './create-api-server.ts';

let model: ApiTask['model'];
let engine: CompletionEngine;
let server: ReturnType<typeof serve>;
let baseURL = '';
let client: OpenAI;
let numTensors = 0;

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  const { tokenizer, config, params } = tinyChatModel();
  numTensors = tf.memory().numTensors;
  model = { id: 'tiny', config, params, tokenizer, sampling: { temperature: 0 } };
  engine = createCompletionEngine({ params, config, tokenizer, eosTokenIds: [tokenizer.eosTokenId] });
  const app = createApiServer({ model, engine, apiKey: 'secret' });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      baseURL = `http://127.0.0.1:${port}/v1`;
      resolve();
    });
  });
  client = new OpenAI({ baseURL, apiKey: 'secret', maxRetries: 0 });
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(model.params);
});

const messages = [{ role: 'user' as const, content: 'Haki' }];

test('the models are listed and found by name', async () => {
  expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['tiny']);
  expect((await client.models.retrieve('tiny')).owned_by).toBe('marco-ts');
  await expect(client.models.retrieve('other')).rejects.toThrow(/"other" is not served here/);
});

test('a chat answer streamed is the answer whole, with usage', async () => {
  const request = { model: 'tiny', messages, max_tokens: 20 };
  const whole = await client.chat.completions.create(request);
  expect(whole.choices[0]!.message.content).not.toBe('');
  expect(whole.usage!.total_tokens).toBe(whole.usage!.prompt_tokens + whole.usage!.completion_tokens);

  let text = '';
  const reasons: (string | null)[] = [];
  let total: number | undefined;
  const stream = await client.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const { choices, usage } of stream) {
    text += choices[0]?.delta.content ?? '';
    if (choices[0]?.finish_reason) reasons.push(choices[0].finish_reason);
    if (usage) total = usage.total_tokens;
  }
  expect(text).toBe(whole.choices[0]!.message.content);
  expect(reasons).toEqual([whole.choices[0]!.finish_reason]);
  expect(total).toBe(whole.usage!.total_tokens);
});

test('log-probabilities of a stream are those of the whole; the chosen token is the most likely of a greedy answer', async () => {
  const request = { model: 'tiny', messages, max_tokens: 12, logprobs: true, top_logprobs: 3 };
  const whole = (await client.chat.completions.create(request)).choices[0]!.logprobs!.content!;
  expect(whole).toHaveLength(12);
  for (const { token, logprob, top_logprobs } of whole) {
    expect(top_logprobs).toHaveLength(3);
    expect(top_logprobs[0]).toMatchObject({ token, logprob });
    expect(logprob).toBeLessThanOrEqual(0);
  }
  const streamed: unknown[] = [];
  for await (const { choices } of await client.chat.completions.create({ ...request, stream: true })) {
    streamed.push(...(choices[0]?.logprobs?.content ?? []));
  }
  expect(streamed).toEqual(whole);
});

test('several choices are drawn apart, and again the same from the same seed', async () => {
  const request = { model: 'tiny', prompt: ['Haki', 'Life'], n: 2, temperature: 1.5, seed: 7, max_tokens: 10 };
  const first = await client.completions.create(request);
  expect(first.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(first.choices[0]!.text).not.toBe(first.choices[1]!.text);
  const again = await client.completions.create(request);
  expect(again.choices).toEqual(first.choices);
});

test('a stop string cuts the answer and is its reason', async () => {
  const free = await client.completions.create({ model: 'tiny', prompt: 'Everyone', max_tokens: 12 });
  expect(free.choices[0]!.finish_reason).toBe('length');
  const stop = free.choices[0]!.text.slice(3, 5);
  const cut = await client.completions.create({ model: 'tiny', prompt: 'Everyone', max_tokens: 12, stop });
  expect(cut.choices[0]).toMatchObject({
    text: free.choices[0]!.text.slice(0, free.choices[0]!.text.indexOf(stop)),
    finish_reason: 'stop',
  });
});

test('echo scores the prompt as generation scores its own tokens', async () => {
  const ids = model.tokenizer.encode('Everyone');
  const [made] = await engine.complete({
    prompts: [ids],
    maxNewTokens: 6,
    sampling: {},
    stopStrings: [],
    seed: 0,
    numTopLogProbs: 0,
  });
  const scored = await client.completions.create({
    model: 'tiny',
    prompt: [...ids, ...made!.logProbs.map(({ token }) => token)],
    max_tokens: 0,
    echo: true,
    logprobs: 1,
  });
  const { token_logprobs, text_offset, tokens } = scored.choices[0]!.logprobs!;
  expect(token_logprobs![0]).toBeNull();
  const tail = token_logprobs!.slice(ids.length);
  expect(tail).toHaveLength(6);
  for (const [i, { logProb }] of made!.logProbs.entries()) expect(tail[i]).toBeCloseTo(logProb, 4);
  for (const [i, offset] of text_offset!.entries()) {
    expect(scored.choices[0]!.text.slice(offset).startsWith(tokens![i]!)).toBe(true);
  }
});

test('a client that goes away stops its answer, and the next one is served', async () => {
  const stream = await client.chat.completions.create({ model: 'tiny', messages, stream: true });
  for await (const { choices } of stream) if (choices[0]?.delta.content) break;
  stream.controller.abort();
  const next = await client.completions.create({ model: 'tiny', prompt: 'Haki', max_tokens: 1 });
  expect(next.usage!.completion_tokens).toBeLessThanOrEqual(1);
});

const post = (body: unknown, key = 'secret', path = 'chat/completions') =>
  fetch(`${baseURL}/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test.each([
  ['no JSON', '{', 400, /must be JSON/],
  ['no messages', { model: 'tiny' }, 400, /^messages: /],
  ['an unknown role', { model: 'tiny', messages: [{ role: 'poet', content: 'x' }] }, 400, /^messages\.0\.role: /],
  ['tools', { model: 'tiny', messages, tools: [{ type: 'function' }] }, 400, /^tools is not supported/],
  ['JSON mode', { model: 'tiny', messages, response_format: { type: 'json_object' } }, 400, /^response_format is not/],
  ['a temperature out of range', { model: 'tiny', messages, temperature: 3 }, 400, /^temperature: /],
  [
    'a long prompt',
    { model: 'tiny', messages: [{ role: 'user', content: 'zq'.repeat(99) }] },
    400,
    /must fit the model's 96/,
  ],
  ['another model', { model: 'gpt', messages }, 404, /"gpt" is not served here/],
])('%s is refused in words', async (_, body, status, message) => {
  const response = await post(body);
  expect(response.status).toBe(status);
  const { error } = (await response.json()) as { error: { message: string; type: string } };
  expect(error.message).toMatch(message);
  expect(error.type).toBe('invalid_request_error');
});

test('a wrong key, an unknown path and a huge body are refused', async () => {
  expect((await post({ model: 'tiny', messages }, 'guess')).status).toBe(401);
  expect((await post({}, 'secret', 'embeddings')).status).toBe(404);
  expect((await post('x'.repeat(2 ** 24 + 1))).status).toBe(413);
});

test('token ids past the vocabulary are named', async () => {
  const response = await post({ model: 'tiny', prompt: [1, 99_999] }, 'secret', 'completions');
  expect(response.status).toBe(400);
  expect(await response.text()).toMatch(/token ids must be below \d+, got 99999 in prompt 0/);
});
