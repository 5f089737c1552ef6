/** A model behind our own server gives the numbers that it gives directly. */
import { serve } from '@hono/node-server';
import { disposeParams, initBackend } from '@marco-ts/core';
import { type LanguageModel, openAiLanguageModel, qwen2LanguageModel } from '@marco-ts/eval';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCompletionEngine } from '../../src/serving/completion-engine.ts';
import { createApiServer } from '../../src/serving/create-api-server.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

let tiny: ReturnType<typeof tinyChatModel>;
let direct: LanguageModel;
let server: ReturnType<typeof serve>;
let baseUrl = '';

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  tiny = tinyChatModel();
  const { tokenizer, config, params } = tiny;
  direct = qwen2LanguageModel({ params, config, tokenizer });
  const engine = createCompletionEngine({ params, config, tokenizer, eosTokenIds: [tokenizer.eosTokenId] });
  const app = createApiServer({
    model: { id: 'tiny', config, params, tokenizer, sampling: { temperature: 0 } },
    engine,
    apiKey: 'secret',
  });
  await new Promise<void>((resolve) => {
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
      baseUrl = `http://127.0.0.1:${port}/v1`;
      resolve();
    });
  });
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  disposeParams(tiny.params);
});

const contexts = ['Everyone has the right', 'Kila mtu ana haki ', '人人有权', ''];
const pairs = contexts.flatMap((context) =>
  [' to life.', ' ya kuishi 😀', ' 享有生命'].map((continuation) => ({ context, continuation })),
);

test.each(['with its tokenizer', 'by text alone'])('%s, the numbers are those of the model itself', async (how) => {
  const tokenizer = how === 'by text alone' ? undefined : tiny.tokenizer;
  const served = openAiLanguageModel({ baseUrl, model: 'tiny', apiKey: 'secret', tokenizer, maxLength: 96 });
  const expected = await direct.loglikelihood(pairs);
  for (const [index, answer] of (await served.loglikelihood(pairs)).entries()) {
    expect(answer.logProb).toBeCloseTo(expected[index]!.logProb, 4);
    expect(answer).toMatchObject({ isGreedy: expected[index]!.isGreedy, numTokens: expected[index]!.numTokens });
  }
  const texts = ['Everyone has the right to life.', '人人有权享有生命。'];
  const rolling = await direct.loglikelihoodRolling(texts);
  for (const [index, answer] of (await served.loglikelihoodRolling(texts)).entries()) {
    expect(answer.logProb).toBeCloseTo(rolling[index]!.logProb, 4);
    expect(answer).toMatchObject({ numTokens: rolling[index]!.numTokens, numBytes: rolling[index]!.numBytes });
  }
  const prompts = contexts.slice(0, 3).map((prompt) => ({ prompt, until: ['a', '\n'], maxNewTokens: 12 }));
  expect(await served.generateUntil(prompts)).toEqual(await direct.generateUntil(prompts));
  expect(served.notices).toEqual([]);
});

test('what the server has no room for is named by it and counted, shortened where the tokenizer is known', async () => {
  const long = { context: 'Kila mtu ana haki ya kuishi. '.repeat(30), continuation: ' ndiyo' };
  const blind = openAiLanguageModel({ baseUrl, model: 'tiny', apiKey: 'secret' });
  const [answer] = await blind.loglikelihood([long]);
  expect(answer).toMatchObject({ logProb: Number.NaN, failed: expect.stringContaining('status 400') });
  expect(blind.notices).toMatchObject([{ kind: 'failed', reason: expect.stringContaining('status 400') }]);

  const knowing = openAiLanguageModel({
    baseUrl,
    model: 'tiny',
    apiKey: 'secret',
    tokenizer: tiny.tokenizer,
    maxLength: 96,
  });
  const [shortened] = await knowing.loglikelihood([long]);
  expect(Number.isFinite(shortened!.logProb)).toBe(true);
  const [refused] = await knowing.loglikelihood([{ context: 'a', continuation: long.context }]);
  expect(refused!.logProb).toBeNaN();
  expect(knowing.notices!.map(({ kind }) => kind)).toEqual(['truncated', 'refused']);
});
