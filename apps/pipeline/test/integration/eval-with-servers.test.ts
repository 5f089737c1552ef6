/** `marco eval run` on a model behind a server, with a judge behind another: whole, slow, refusing, and without log-probabilities. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend } from '@marco-ts/core';
import { saveQwen2 } from '@marco-ts/model/files';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runMarco } from '../fixtures/run-marco.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

interface Body {
  readonly prompt?: string | readonly string[];
  readonly messages?: readonly { content: string }[];
}

let directory: string;
let server: Server | undefined;
const at = (...names: string[]): string => join(directory, ...names);
const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  directory = await mkdtemp(join(tmpdir(), 'marco-eval-servers-'));
  const { tokenizer, config, params } = tinyChatModel();
  await saveQwen2(at('base'), { config, params, files: tokenizer.files() });
  disposeParams(params);
  await mkdir(at('sets/cambridgeltl/xcopa/sw'), { recursive: true });
  const xcopa = Array.from({ length: 6 }, (_, index) => ({
    premise: `Kila mtu ${index}.`,
    choice1: `Haki ${index}`,
    choice2: `Maisha ${index}`,
    question: 'effect',
    label: index % 2,
  }));
  await writeFile(at('sets/cambridgeltl/xcopa/sw/test.jsonl'), lines(xcopa));
  await mkdir(at('sets/cais/mmlu/anatomy'), { recursive: true });
  const mmlu = [0, 1, 2].map((answer) => ({ question: `Swali ${answer}?`, choices: ['a', 'b', 'c', 'd'], answer }));
  await writeFile(at('sets/cais/mmlu/anatomy/test.jsonl'), lines(mmlu));
  await mkdir(at('sets/facebook/flores/devtest'), { recursive: true });
  await writeFile(at('sets/facebook/flores/devtest/eng_Latn.devtest'), 'Everyone has rights.\nNo one is a slave.\n');
  await writeFile(at('sets/facebook/flores/devtest/swh_Latn.devtest'), 'Kila mtu ana haki.\nHakuna mtumwa.\n');
  const questions = [81, 82, 83].map((id) => ({
    question_id: id,
    category: 'writing',
    turns: [`Swali ${id}?`, 'Na?'],
  }));
  await writeFile(at('question.jsonl'), lines(questions));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});
afterAll(() => rm(directory, { recursive: true }));

/** @param answer status and JSON of an answer; null never answers */
async function serve(answer: (body: Body) => { status?: number; json: object } | null): Promise<string> {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => {
      text += piece;
    });
    request.on('end', () => {
      const own = answer(JSON.parse(text) as Body);
      if (own === null) return;
      response.statusCode = own.status ?? 200;
      response.end(JSON.stringify(own.json));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** An echo of the prompt in one token a character, each of log-probability -1 but those of a text with 'Haki', of -2. */
function echo({ prompt }: Body): object {
  const prompts = typeof prompt === 'string' ? [prompt] : prompt!;
  return {
    usage: { prompt_tokens: [...prompts[0]!].length },
    choices: prompts.map((text, index) => {
      const tokens = [...text];
      const offsets = tokens.map((_, position) => position);
      const value = text.toLowerCase().includes('haki') ? -2 : -1;
      return {
        index,
        text,
        logprobs: {
          tokens,
          text_offset: offsets,
          token_logprobs: tokens.map((_, position) => (position === 0 ? null : value)),
          top_logprobs: tokens.map((token, position) => (position === 0 ? null : { [token]: value })),
        },
      };
    }),
  };
}

const said = (content: string): { json: object } => ({ json: { choices: [{ message: { content } }] } });

const ask = (model: string, output: string, ...rest: string[]) =>
  runMarco(['eval', 'run', '-m', model, '-d', at('sets'), '-o', at(output), '--json', ...rest]);
const askServer = (url: string, output: string, ...rest: string[]) =>
  ask(url, output, '--model-name', 'served', ...rest);

test('a served model is scored, and a request it never answers is counted and in no score', async () => {
  const url = await serve((body) => (JSON.stringify(body).includes('Kila mtu 3') ? null : { json: echo(body) }));
  const { code, out, err } = await askServer(url, 'slow', '-t', 'xcopa_sw', '--timeout', '1', '--concurrency', '12');
  expect(err).not.toContain('Error');
  expect(code).toBe(0);
  const { xcopa_sw: scores } = JSON.parse(out).scores;
  // The cheaper text wins: always the second choice, which is right in two of the five items that have an answer.
  expect(scores).toMatchObject({ numSkipped: 1, overall: { numSamples: 5, metrics: { acc: { value: 0.4 } } } });
  expect(scores.numFailed).toBeGreaterThan(0);
  const { tasks } = JSON.parse(await readFile(at('slow/evaluation.json'), 'utf8'));
  expect(tasks.xcopa_sw.skipped[0].reason).toContain('no answer within 1000 ms');
}, 120_000);

test('a server without log-probabilities is named and nothing is written', async () => {
  const url = await serve(() => ({ json: { choices: [{ index: 0, text: 'x' }] } }));
  const { code, err } = await askServer(url, 'blind', '-t', 'xcopa_sw');
  expect(code).toBe(2);
  expect(err).toContain('logprobs');
  await expect(readFile(at('blind/evaluation.json'))).rejects.toThrow('ENOENT');
});

test('questions of letters answered in words, and translations with spBLEU', async () => {
  const url = await serve(({ messages }) =>
    said(messages!.at(-1)!.content.includes('Swali') ? 'The answer is (B).' : ' Kila mtu ana haki.'),
  );
  const model = join(import.meta.dirname, '../../../../packages/eval/test/golden/sentencepiece-bpe.model');
  const options = ['--generate-with', 'chat'];
  const written = JSON.parse((await askServer(url, 'words', '-t', 'mmlu_anatomy', '--written', ...options)).out).scores;
  expect(written.mmlu_anatomy_written.overall.metrics).toMatchObject({ acc: { value: 1 / 3 }, answered: { value: 1 } });
  const task = ['-t', 'flores200_eng_Latn-swh_Latn', '--spbleu-model', model];
  const { scores } = JSON.parse((await askServer(url, 'flores', ...task, ...options)).out);
  const { metrics } = scores['flores200_eng_Latn-swh_Latn'].overall;
  expect(metrics.spbleu.value).toBeGreaterThan(0);
  expect(metrics.spbleu.value).not.toBe(metrics.bleu.value);
  const wrong = await askServer(url, 'letters', '-t', 'xcopa_sw', '--written', ...options);
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('letters') });
});

test('MT-Bench: answers first, then a judge compares them, and a question it fails on is left out with its reason', async () => {
  let numRequests = 0;
  const url = await serve(({ messages }) => {
    numRequests++;
    const text = messages!.at(-1)!.content;
    if (text.includes('Swali 82')) return { status: 400, json: { error: 'too long' } };
    return said(text.includes('Swali 81') ? '[[C]]' : '[[A]]');
  });
  const bench = [
    '--mt-bench',
    at('question.jsonl'),
    '--language',
    'swh_Latn',
    '--max-new-tokens',
    '8',
    '--backend',
    'cpu',
  ];
  const first = await ask(at('base'), 'answers', ...bench);
  expect(first).toMatchObject({ code: 0, err: expect.stringContaining('3 answers') });
  const baseline = ['--mt-bench-baseline', at('answers/mt_bench_answers.jsonl')];
  expect(await ask(at('base'), 'none', ...bench, ...baseline)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--judge'),
  });
  const judged = await ask(at('base'), 'judged', ...bench, ...baseline, '--judge', url, '--judge-model', 'judge');
  expect(judged.code).toBe(0);
  const own = JSON.parse(judged.out).scores.mt_bench_swh_Latn;
  // A tie, and a judge that always prefers the first place: no preference either.
  expect(own).toMatchObject({
    numSkipped: 1,
    overall: { metrics: { win_rate: { value: 0.5 }, consistent: { value: 0.5 } } },
  });
  const { tasks } = JSON.parse(await readFile(at('judged/evaluation.json'), 'utf8'));
  expect(tasks.mt_bench_swh_Latn.skipped[0]).toMatchObject({
    id: 'swh_Latn/82',
    reason: expect.stringContaining('status 400'),
  });
  // Killed or not, the same command asks nobody again but for what failed.
  const numAsked = numRequests;
  const again = await ask(at('base'), 'judged', ...bench, ...baseline, '--judge', url, '--judge-model', 'judge');
  expect(JSON.parse(again.out).scores.mt_bench_swh_Latn).toEqual(own);
  expect(numRequests - numAsked).toBeLessThanOrEqual(2);
  // Two ranks, and the command that writes the results.
  for (const rank of ['0', '1', undefined]) {
    const share = rank === undefined ? [] : ['--rank', rank, '--world-size', '2'];
    const judge = ['--judge', url, '--judge-model', 'judge'];
    const shared = await ask(at('base'), 'shared', ...bench, ...baseline, ...judge, ...share);
    expect(shared.code).toBe(0);
    if (rank === undefined) expect(JSON.parse(shared.out).scores.mt_bench_swh_Latn).toEqual(own);
  }
  const silent = await ask(
    at('base'),
    'deaf',
    ...bench,
    ...baseline,
    '--judge',
    'http://127.0.0.1:9/v1',
    '--judge-model',
    'judge',
  );
  expect(silent.code).toBe(2);
  expect(silent.err).toContain('127.0.0.1:9');
}, 120_000);
