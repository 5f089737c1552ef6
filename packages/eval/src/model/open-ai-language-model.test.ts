import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { documentTask } from '../tasks/definition/document-task.ts';
import { findTasks } from '../tasks/task-registry.ts';
import { openAiLanguageModel } from './open-ai-language-model.ts';

interface Asked {
  readonly path: string;
  readonly prompt: string;
  readonly echo?: boolean;
  readonly [key: string]: unknown;
}

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Answers with what `answer` returns, a number being a status; null hangs. */
async function serve(answer: (asked: Asked, attempt: number) => object | number | null): Promise<string> {
  const attempts = new Map<string, number>();
  server = createServer(async (request, response: ServerResponse) => {
    let body = '';
    for await (const piece of request) body += piece;
    const attempt = (attempts.get(body) ?? 0) + 1;
    attempts.set(body, attempt);
    const own = answer({ ...JSON.parse(body), path: request.url! }, attempt);
    if (own === null) return;
    if (typeof own === 'number') response.statusCode = own;
    response.end(typeof own === 'number' ? `{"error": "status ${own}"}` : JSON.stringify(own));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** A server whose tokens are words: each costs its number of letters, and the most likely is always 'a'. */
function wordServer({ prompt, echo }: Asked): object {
  const words = prompt.split(/(?= )/);
  const usage = { prompt_tokens: words.length, completion_tokens: 1 };
  if (!echo) return { choices: [{ text: ' one. Two\nthree' }], usage };
  const costs = words.map((word, index) => (index === 0 ? null : -word.trim().length));
  const top = costs.map((cost) => cost && { [cost === -1 ? 'a' : 'other']: cost === -1 ? -1 : -0.5 });
  return { choices: [{ logprobs: { token_logprobs: [...costs, -9], top_logprobs: [...top, { z: -9 }] } }], usage };
}

const patient = { model: 'words', maxAttempts: 3, retryAfterMs: 1, timeoutMs: 20_000 };
const pair = (continuation: string) => ({ context: 'the small birds', continuation });

test('a continuation is scored by its own tokens alone, equal requests are asked once', async () => {
  const asked: Asked[] = [];
  const baseUrl = await serve((request) => {
    asked.push(request);
    return wordServer(request);
  });
  const model = openAiLanguageModel({ ...patient, baseUrl });
  const answers = await model.loglikelihood([pair(' sing a'), pair(' a'), pair(' sing a')]);
  expect(answers).toEqual([
    { logProb: -5, isGreedy: false, numTokens: 2 },
    { logProb: -1, isGreedy: true, numTokens: 1 },
    { logProb: -5, isGreedy: false, numTokens: 2 },
  ]);
  // The context is counted once, each pair is scored once.
  expect(asked.map(({ prompt }) => prompt).sort()).toEqual([
    'the small birds',
    'the small birds a',
    'the small birds sing a',
  ]);
  expect(await model.loglikelihoodRolling([' ab cde'])).toEqual([{ logProb: -5, numTokens: 2, numBytes: 7 }]);
  expect(model.notices).toEqual([]);
});

test('texts are generated through completions or chat and cut before every stop', async () => {
  const asked: Asked[] = [];
  const baseUrl = await serve((request) => {
    asked.push(request);
    if (request.path.endsWith('/chat/completions')) return { choices: [{ message: { content: 'from chat' } }] };
    return wordServer(request);
  });
  const until = ['v', 'w', 'x', 'y', '\n'];
  const request = { prompt: 'Say', until, maxNewTokens: 7 };
  expect(await openAiLanguageModel({ ...patient, baseUrl }).generateUntil([request])).toEqual([' one. T']);
  expect(asked[0]).toMatchObject({ model: 'words', max_tokens: 7, temperature: 0, stop: until.slice(0, 4) });
  const chat = openAiLanguageModel({ ...patient, baseUrl, generateWith: 'chat' });
  expect(await chat.generateUntil([request])).toEqual(['from chat']);
  expect(asked[1]).toMatchObject({ messages: [{ role: 'user', content: 'Say' }] });
});

test('a server that is busy is asked again, one that refuses the key or the model ends the evaluation', async () => {
  const busy = await serve((request, attempt) => (attempt < 3 ? 503 : wordServer(request)));
  const [answer] = await openAiLanguageModel({ ...patient, baseUrl: busy }).loglikelihood([pair(' a')]);
  expect(answer!.logProb).toBe(-1);
  server!.close();
  for (const status of [401, 404]) {
    const baseUrl = await serve(() => status);
    await expect(openAiLanguageModel({ ...patient, baseUrl }).loglikelihood([pair(' a')])).rejects.toThrow(
      `of 'words', got status ${status}`,
    );
    server!.close();
  }
  await expect(
    openAiLanguageModel({ ...patient, baseUrl: 'http://127.0.0.1:9', maxFailuresInARow: 1 }).generateUntil([
      { prompt: 'a', until: [], maxNewTokens: 1 },
    ]),
  ).rejects.toThrow(/got .*9/);
});

const xcopa = findTasks(['xcopa_sw'])[0]!;
const rows = ['old', 'new', 'red'].map((word, index) => ({
  premise: `The ${word} house`,
  choice1: 'Birds sing',
  choice2: 'It rains',
  question: 'cause',
  label: index % 2,
}));

test('a request that times out or comes back without log-probabilities is named, counted and in no score', async () => {
  for (const [fault, why] of [
    [null, 'no answer within 1500 ms'],
    [{ choices: [{ text: '' }], usage: { prompt_tokens: 5 } }, 'no log-probabilities of the 5 tokens'],
    [{ choices: [] }, 'no usage.prompt_tokens'],
  ] as const) {
    const baseUrl = await serve((request) =>
      request.prompt.includes('new') && request.echo ? fault : wordServer(request),
    );
    const results = await evaluate(openAiLanguageModel({ ...patient, baseUrl, maxAttempts: 1, timeoutMs: 1500 }), [
      documentTask(xcopa, { test: rows }),
    ]);
    const { skipped, overall, numFailed, notices } = results.tasks.xcopa_sw!;
    expect(skipped).toEqual([{ id: 'xcopa_sw/1', reason: expect.stringContaining(`the server failed: ${why}`) }]);
    expect(overall.numSamples).toBe(2);
    expect(numFailed).toBe(2);
    expect(notices[0]).toMatchObject({ kind: 'failed', reason: expect.stringContaining(why) });
    server!.closeAllConnections();
    server!.close();
  }
});

test('a server that answers nothing any more ends the evaluation with its name', async () => {
  const baseUrl = await serve(() => ({ choices: [{ text: '' }], usage: { prompt_tokens: 1 } }));
  const model = openAiLanguageModel({ ...patient, baseUrl, maxFailuresInARow: 3 });
  const requests = Array.from({ length: 20 }, (_, index) => pair(` a${index}`));
  await expect(model.loglikelihood(requests)).rejects.toThrow(/no log-probabilities.*127\.0\.0\.1/);
  expect(model.notices!.length).toBeLessThan(8);
});

test('an abort stops the pauses between tries', async () => {
  const baseUrl = await serve(() => 503);
  const signal = AbortSignal.timeout(50);
  const model = openAiLanguageModel({ ...patient, baseUrl, retryAfterMs: 60_000 });
  await expect(model.loglikelihood([pair(' a')], { signal })).rejects.toThrow(/abort|time/i);
});
