import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parallelStep } from '../plan/parallel-step.ts';
import { planPairScorer } from '../plan/plan-pair-scorer.ts';
import { documentOfPair } from '../readers/pairs/pair-document.ts';
import type { TextGenerator, TextRequest } from '../synthetic/text-generator.ts';
import type { ParallelPair } from './align-paragraphs.ts';
import { dualCrossEntropyScorer } from './dual-cross-entropy-scorer.ts';
import { trainLexicalScorer } from './lexical-scorer.ts';
import { translationJudge } from './translation-judge.ts';

const WORDS = [
  ['river', 'Fluss'],
  ['house', 'Haus'],
  ['tree', 'Baum'],
  ['green', 'grün'],
  ['old', 'alt'],
  ['stone', 'Stein'],
  ['water', 'Wasser'],
  ['night', 'Nacht'],
] as const;
const pairOf = (picked: readonly number[], wrong = picked): ParallelPair => ({
  id: picked.join(),
  sourceLanguage: 'eng_Latn',
  targetLanguage: 'deu_Latn',
  source: picked.map((i) => WORDS[i]![0]).join(' '),
  target: wrong.map((i) => WORDS[i]![1]).join(' '),
  article: 0,
  paragraph: 0,
});
const pairs = Array.from({ length: 40 }, (_, i) => pairOf([i % 8, (i * 3 + 1) % 8, (i * 5 + 2) % 8]));

test('words that translate one another are learned from whole sentences alone', async () => {
  const scorer = trainLexicalScorer(pairs);
  const [right, half, wrong] = await scorer.score([
    pairOf([0, 3, 6]),
    pairOf([0, 3, 6], [0, 1, 6]),
    pairOf([0, 3, 6], [1, 2, 7]),
  ]);
  expect(right).toBeGreaterThan(half!);
  expect(half).toBeGreaterThan(wrong!);
  expect(right).toBeGreaterThan(0.5);
  expect(wrong).toBeLessThan(0);
});

test('names that were never seen count where both sides have them; a side without words counts for nothing', async () => {
  const scorer = trainLexicalScorer(pairs);
  const named = (source: string, target: string) => ({ ...pairOf([0]), source, target });
  const [kept, lost, empty] = await scorer.score([
    named('river Zambezi', 'Fluss Zambezi'),
    named('river Zambezi', 'Fluss Limpopo'),
    named('!', '?'),
  ]);
  expect(kept).not.toBe(lost);
  expect(Number.isFinite(kept) && Number.isFinite(lost)).toBe(true);
  expect(empty).toBe(0);
  expect(() => trainLexicalScorer([])).toThrow(/there must be pairs, got none/);
});

test('dual cross-entropy: low and equal is best, and both directions are asked', async () => {
  const asked: string[] = [];
  const costs: Readonly<Record<string, number>> = { river: 1, Fluss: 1, house: 1, Haus: 3 };
  const scorer = dualCrossEntropyScorer({
    crossEntropies: async (given) =>
      given.map(({ source, target, sourceLanguage }) => {
        asked.push(`${sourceLanguage} ${source}`);
        return costs[target]!;
      }),
  });
  const [equal, apart] = await scorer.score([pairOf([0]), pairOf([1])]);
  expect(equal).toBeCloseTo(Math.exp(-1));
  expect(apart).toBeCloseTo(Math.exp(-(2 + 2)));
  expect(asked).toEqual(['eng_Latn river', 'eng_Latn house', 'deu_Latn Fluss', 'deu_Latn Haus']);
  await expect(dualCrossEntropyScorer({ crossEntropies: async () => [] }).score([pairOf([0])])).rejects.toThrow(
    /one cross-entropy a pair, got 0 and 0 for 1/,
  );
});

test('a plan names the scorer that needs nothing: surface', async () => {
  const { apply } = await parallelStep(
    {
      step: 'parallel',
      limits: {},
      limitsByPair: {},
      scorer: 'surface',
      minScore: 0.6,
      minScoreByPair: {},
      field: 'f',
    },
    { trainedIdentifier: '' },
  );
  const given = (target: string) =>
    documentOfPair({ ...pairOf([0]), source: 'Zambezi rose by 12 metres in 1958.', target });
  const kept = await apply(given('Zambezi stieg 1958 um 12 Meter an.'));
  expect(kept).toMatchObject({ keep: true, document: { metadata: { f: expect.any(Number) } } });
  expect(await apply(given('Das ist ein ganz anderer Satz 77!'))).toMatchObject({ keep: false });
});

test('a plan learns words from clean pairs, and scores them whichever side comes first', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lexical-'));
  const path = join(directory, 'clean.tsv');
  await writeFile(path, pairs.map(({ source, target }) => `${source}\t${target}\n`).join(''));
  const [sourceLanguage, targetLanguage] = ['eng_Latn', 'deu_Latn'];
  const score = await planPairScorer({ kind: 'lexical', learnFrom: [{ path, sourceLanguage, targetLanguage }] });
  const right = pairOf([0, 3, 6]);
  const turned = { source: right.target, target: right.source, sourceLanguage: 'deu_Latn', targetLanguage: 'eng_Latn' };
  expect(await score(right)).toBeGreaterThan(0.5);
  expect(await score({ ...right, ...turned })).toBe(await score(right));
  expect(await score(pairOf([0, 3, 6], [1, 2, 7]))).toBeLessThan(0);
  await expect(async () => score({ ...right, targetLanguage: 'fra_Latn' })).rejects.toThrow(
    /got eng_Latn-deu_Latn for eng_Latn-fra_Latn at 0,3,6/,
  );
});

test('a model is asked for a number from 0 to 100, again where it gives none, and nothing more', async () => {
  const asked: TextRequest[] = [];
  const answering = (...answers: string[]): TextGenerator => ({
    name: 'fake',
    generate: async (request) => {
      asked.push(request);
      return { text: answers.shift()!, finishReason: 'stop', numPromptTokens: 1, numNewTokens: 1 };
    },
  });
  const scores = (...answers: string[]) => translationJudge({ generator: answering(...answers) }).score([pairOf([0])]);
  expect(await scores('Score: 85.5')).toEqual([0.855]);
  expect(asked[0]).toMatchObject({ temperature: 0, seed: 0 });
  expect(asked[0]!.messages[0]!.content).toMatch(/from English into German.*\nEnglish: river\nGerman: Fluss\n/);
  expect(await scores('Good.', '1958', '0')).toEqual([0]);
  expect(asked.slice(1).map(({ seed }) => seed)).toEqual([0, 1, 2]);
  expect(await scores('?', '?', '?')).toEqual([0]);
});

test('a plan asks a server, with the key that a file holds', async () => {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { content: '70' }, finish_reason: 'stop' }] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    const apiKeyFile = join(await mkdtemp(join(tmpdir(), 'judge-')), 'key');
    await writeFile(apiKeyFile, 'secret\n');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const score = await planPairScorer({ kind: 'judge', baseUrl, model: 'any', apiKeyFile });
    expect(await score(pairOf([0]))).toBe(0.7);
    expect(keys).toEqual(['Bearer secret']);
  } finally {
    server.close();
  }
});
