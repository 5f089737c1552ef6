/** A recipe's own instruction sets: read, cleaned by every step there is, and what is left out stands beside the model. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Recipe } from '../../src/config/recipe-schema.ts';
import { ownConversations } from '../../src/stages/own-conversations.ts';
import { tinyChatModel } from '../fixtures/tiny-chat-model.ts';

let directory: string;
let model: ReturnType<typeof tinyChatModel>;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  directory = await mkdtemp(join(tmpdir(), 'marco-own-'));
  model = tinyChatModel();
});
afterAll(async () => {
  disposeParams(model.params);
  await rm(directory, { recursive: true });
});

const english = 'Everyone has the right to life and to liberty.';
const swahili = 'Kila mtu ana haki ya kuishi na haki ya uhuru.';
const documents = [
  { id: '1', text: english.repeat(4), language: 'eng_Latn', metadata: {} },
  { id: '2', text: swahili.repeat(4), language: 'swh_Latn', metadata: {} },
];

type Sft = NonNullable<Recipe['sft']>;
function read(settings: Pick<Sft, 'datasets' | 'quality'>, log: string[] = []) {
  const { params, config, tokenizer } = model;
  return ownConversations({
    settings: { sequenceLength: 96, microBatchSize: 2, ...settings } as Sft,
    documents,
    model: { params, config },
    tokenizer,
    directory,
    log: (message) => log.push(message),
    signal: new AbortController().signal,
  });
}

test('sets are read and cleaned, with bad rows and reasons in files', async () => {
  const rows = [
    { prompt: 'Haki?', completion: swahili },
    { prompt: 'Haki?', completion: swahili },
    { prompt: 'Life?', completion: english, language: 'eng_Latn' },
    { prompt: 'Haki?', completion: english },
    { prompt: 'Mtu?', completion: 'ya' },
    { prompt: 'Mtu?', completion: '' },
    { prompt: 'Mtu?', completion: 'Haki ya uhuru na ya kuishi ana kila mtu.' },
  ];
  const path = join(directory, 'own.jsonl');
  await writeFile(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  const source = { path, language: 'swh_Latn', badRows: 'drop' } as const;
  const log: string[] = [];
  const before = tf.memory().numTensors;
  const quality = {
    languageConsistency: true,
    minAnswerCharacters: 5,
    dropDuplicates: true,
    maxDifficulty: 50,
    keepPerLanguage: 1,
  };
  const kept = await read({ datasets: [source], quality }, log);
  expect(tf.memory().numTensors).toBe(before);
  expect(kept.map(({ language }) => language).sort()).toEqual(['eng_Latn', 'swh_Latn']);
  const funnel = JSON.parse(await readFile(join(directory, 'quality-funnel.json'), 'utf8'));
  expect(funnel.droppedByReason).toEqual({
    'language_consistency: answer_in_eng_Latn': 1,
    'length: answer_too_short': 1,
    'exact_duplicate: copy': 1,
    'diversity: like_others': 1,
  });
  expect(funnel.read).toBe(6);
  expect(JSON.parse(await readFile(join(directory, 'bad-rows.json'), 'utf8'))[0]).toMatchObject({
    where: 'own.jsonl:6',
    field: 'completion',
  });
  expect(log.join('\n')).toMatch(/1 left out: a text must not be empty[\s\S]*2 of 6 own conversations kept/);

  await expect(read({ datasets: [{ ...source, badRows: 'refuse' }] })).rejects.toThrow(/own\.jsonl:6\.completion/);
  await expect(read({ datasets: [{ ...source, path: `${path}.gone` }] })).rejects.toThrow(/own\.jsonl\.gone/);
  expect(await read({})).toEqual([]);
});
