import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { createFunnel } from '../filters/create-funnel.ts';
import { answerFilter } from './answer-filters.ts';
import { openAiTextGenerator } from './openai-text-generator.ts';
import { explanationPrompt, samplePrompt, storyPrompt } from './prompt-families.ts';
import { openRequestCache } from './request-cache.ts';
import { type SynthesisCounts, synthesizeDocuments } from './synthesize-documents.ts';
import { GenerationError, type TextGenerator, type TextRequest } from './text-generator.ts';

type Respond = (response: ServerResponse, asked: number, body: { messages: { content: string }[] }) => void;

let server: Server;
let baseUrl: string;
let directory: string;
let asked = 0;
let respond: Respond;
const keys: (string | undefined)[] = [];

beforeEach(async () => {
  asked = 0;
  keys.length = 0;
  directory = await mkdtemp(join(tmpdir(), 'marco-synthetic-'));
  server = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    keys.push(request.headers.authorization);
    respond(response, ++asked, JSON.parse(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

const answer = (text: string, finish_reason = 'stop') =>
  JSON.stringify({
    choices: [{ message: { content: text }, finish_reason }],
    usage: { prompt_tokens: 10, completion_tokens: 20 },
  });
const echo: Respond = (response, _, { messages }) => void response.end(answer(`answer to ${messages.at(-1)!.content}`));
const generator = (options: Partial<Parameters<typeof openAiTextGenerator>[0]> = {}) =>
  openAiTextGenerator({ baseUrl, model: 'm', maxTries: 3, retryDelayMs: 1, timeoutMs: 200, ...options });
const request: TextRequest = { messages: [{ role: 'user', content: 'x' }], maxNewTokens: 5 };

test.each<[string, Respond]>([
  ['429', (response) => void response.writeHead(429, { 'retry-after': '0' }).end('slow down')],
  ['500', (response) => void response.writeHead(500).end('oops')],
  ['503 with a time to wait', (response) => void response.writeHead(503, { 'retry-after': '0.01' }).end()],
  ['silence', () => undefined],
  ['a lost connection', (response) => void response.destroy()],
  [
    'a cut body',
    (response) => {
      response.writeHead(200, { 'content-length': '500' }).write('{"choices"');
      setTimeout(() => response.destroy(), 5);
    },
  ],
  ['no JSON', (response) => void response.end('<html>')],
  ['no choices', (response) => void response.end('{"choices": []}')],
  ['no text', (response) => void response.end('{"choices": [{"message": {"content": null}}]}')],
])('%s is tried again', async (_, fail) => {
  respond = (response, count, body) => (count < 3 ? fail(response, count, body) : echo(response, count, body));
  expect(await generator().generate(request)).toEqual({
    text: 'answer to x',
    finishReason: 'stop',
    numPromptTokens: 10,
    numNewTokens: 20,
  });
  expect(asked).toBe(3);
});

test.each<[string, number, RegExp, boolean]>([
  ['a wrong key', 401, /status 401: why at http.*Check address, key and model/, true],
  ['an unknown model', 404, /status 404/, true],
  ['a bad request', 400, /status 400/, false],
])('%s is told at once', async (_, status, message, isHopeless) => {
  respond = (response) => void response.writeHead(status).end('why');
  const error = await generator({ apiKey: 'secret' })
    .generate(request)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GenerationError);
  expect(error).toMatchObject({ message: expect.stringMatching(message), isHopeless });
  expect(String(error)).not.toContain('secret');
  expect(keys).toEqual(['Bearer secret']);
});

test('a huge answer is cut off and not asked for again', async () => {
  respond = (response) => void response.end(answer('x'.repeat(100_000)));
  await expect(generator({ maxAnswerBytes: 1000 }).generate(request)).rejects.toThrow(/more than 1000 bytes/);
  expect(asked).toBe(1);
});

test('a signal stops a wait between tries', async () => {
  respond = (response) => void response.writeHead(500).end();
  const stop = new AbortController();
  const asking = generator({ retryDelayMs: 60_000 }).generate(request, stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 30);
  await expect(asking).rejects.toThrow('enough');
});

const prompts = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, language: 'eng_Latn', prompt: `question ${index}` }));

async function collect(options: Partial<Parameters<typeof synthesizeDocuments>[0]>) {
  const documents: Document[] = [];
  let counts: SynthesisCounts | undefined;
  for await (const document of synthesizeDocuments({
    prompts: prompts(6),
    generator: generator(),
    maxNewTokens: 50,
    onProgress: (now) => (counts = now),
    ...options,
  })) {
    documents.push(document);
  }
  return { documents, counts: counts! };
}

test('documents come in the order of their prompts; no more requests than allowed are under way', async () => {
  let most = 0;
  const waiting: (() => void)[] = [];
  respond = (response, count, body) => {
    waiting.push(() => echo(response, count, body));
    most = Math.max(most, waiting.length);
    // the first three are held until all of them are there, and answered last first; a fourth would be seen meanwhile
    if (count < 3) return;
    setTimeout(() => {
      while (waiting.length > 0) waiting.pop()!();
    }, 20);
  };
  const { documents, counts } = await collect({ concurrency: 3 });
  expect(documents.map(({ id }) => id)).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']);
  expect(documents[2]).toMatchObject({
    text: 'answer to question 2',
    metadata: { source: 'synthetic', generator: 'm', prompt: 'question 2', isCut: false },
  });
  expect(most).toBe(3);
  expect(counts).toMatchObject({ numPrompts: 6, numFailed: 0, numPromptTokens: 60, numNewTokens: 120 });
});

test('what the cache has is not asked again, also after a kill in the middle of a line', async () => {
  respond = echo;
  const path = join(directory, 'cache', 'answers.jsonl');
  const first = await openRequestCache(path);
  const whole = await collect({ prompts: prompts(4), cache: first });
  await first.close();
  await appendFile(path, '{"key": "torn');

  const again = await openRequestCache(path);
  expect(again.size).toBe(4);
  const { documents, counts } = await collect({ cache: again });
  await again.close();
  expect(asked).toBe(6);
  expect(counts).toMatchObject({ numFromCache: 4, numNewTokens: 40 });
  expect(documents.slice(0, 4)).toEqual(whole.documents);
  expect((await readFile(path, 'utf8')).trimEnd().split('\n')).toHaveLength(6);

  const other = await openRequestCache(path);
  await collect({ cache: other, generator: { ...generator(), name: 'another model' } });
  await other.close();
  expect(asked).toBe(12);
});

test('a damaged line in the middle of a cache is named', async () => {
  const path = join(directory, 'answers.jsonl');
  await appendFile(path, 'what\n');
  await expect(openRequestCache(path)).rejects.toThrow(/got 'what' at .*answers\.jsonl:1\. Remove the line/);
});

test('the budget is never exceeded, and answers of the cache are free', async () => {
  respond = echo;
  const { documents, counts } = await collect({ prompts: prompts(100), maxTokens: 400, maxNewTokens: 20 });
  expect(counts.isBudgetSpent).toBe(true);
  expect(counts.numPromptTokens + counts.numNewTokens).toBeLessThanOrEqual(400);
  // Each costs 30 of the 95 that are set aside for it: 10 bytes, a template's 64, an answer's 20.
  expect(documents.length).toBe(11);
});

test('a failed request is counted with its reason and passed over; a broken server ends the run', async () => {
  respond = (response, count, body) =>
    body.messages[0]!.content.endsWith('2') ? void response.writeHead(400).end('no') : echo(response, count, body);
  const funnel = createFunnel();
  const failures: string[] = [];
  const { documents, counts } = await collect({ funnel, onFailure: ({ id }) => failures.push(id) });
  expect(documents.map(({ id }) => id)).toEqual(['p0', 'p1', 'p3', 'p4', 'p5']);
  expect(failures).toEqual(['p2']);
  expect(counts.numFailed).toBe(1);
  expect(funnel.toJson()).toMatchObject({
    languages: { eng_Latn: { read: 6, kept: 5, dropped: { request_failed: 1 } } },
  });

  respond = (response) => void response.writeHead(400).end('no');
  await expect(collect({ prompts: prompts(50), maxFailuresInARow: 3 })).rejects.toThrow(/status 400/);
  respond = (response) => void response.writeHead(401).end('no');
  await expect(collect({})).rejects.toThrow(/status 401/);
});

test('refusals, copies of the prompt and short answers are dropped with their reasons', async () => {
  const question = 'Explain to the students of this school why the river floods in the spring of every single year.';
  const said = [
    'I’m sorry, but I cannot help with that request, because it is against what I am allowed to do for anybody here today.',
    `${question} ${question}`,
    'Snow melts.',
    'Snow that fell during the winter melts when the days grow warm, and all of this water runs down from the hills into the valley at once.',
  ];
  const texts: TextGenerator = {
    name: 'script',
    generate: async () => ({ text: said[asked++]!, finishReason: 'stop', numPromptTokens: 1, numNewTokens: 1 }),
  };
  const dropped: string[] = [];
  const { documents } = await collect({
    prompts: said.map((_, index) => ({ id: `${index}`, language: 'eng_Latn', prompt: question })),
    generator: texts,
    concurrency: 1,
    filters: [answerFilter()],
    onDrop: (_, reason) => dropped.push(reason),
  });
  expect(dropped).toEqual(['refusal', 'prompt_copied', 'answer_too_short']);
  expect(documents.map(({ id }) => id)).toEqual(['3']);
});

test('the prompts carry every slot, and ask in the language by name', () => {
  const slots = {
    role: 'teacher',
    subject: 'geography',
    keywords: ['river', 'delta'],
    audience: 'primary school',
    language: 'kaz_Cyrl',
  };
  expect(explanationPrompt(slots)).toMatch(
    /teacher[\s\S]*geography[\s\S]*primary school[\s\S]*river, delta[\s\S]*in Kazakh\./,
  );
  const story = {
    ...slots,
    passageType: 'fable',
    setting: 'in a harbour',
    style: 'plain',
    ending: 'a question',
    minWords: 50,
    maxWords: 90,
  };
  expect(storyPrompt(story)).toMatch(
    /fable[\s\S]*in a harbour[\s\S]*plain[\s\S]*a question[\s\S]*50 and 90[\s\S]*in Kazakh\./,
  );
  expect(() => storyPrompt({ ...story, maxWords: 10 })).toThrow(/got 50 and 10/);
  expect(samplePrompt({ samples: ['one', 'two'], language: 'npi_Deva' })).toMatch(
    /Sample 1\none[\s\S]*Sample 2\ntwo[\s\S]*Nepali/,
  );
  expect(() => samplePrompt({ samples: [], language: 'npi_Deva' })).toThrow(/samples must have at least one/);
});

test.each([
  ['concurrency', { concurrency: 0 }],
  ['maxTokens', { maxTokens: 1.5 }],
])('%s out of range is refused', (name, options) => {
  expect(() => synthesizeDocuments({ prompts: [], generator: generator(), maxNewTokens: 5, ...options })).toThrow(
    new RegExp(`${name} must be a whole number from 1`),
  );
});
