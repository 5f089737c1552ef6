/** Every real instruction and preference set there is, through the readers: templates found, rows counted, bad ones named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  datasetEntry,
  readConversations,
  readDatasetRows,
  readPreferencePairs,
  readUnpairedAnswers,
} from '../../src/index.ts';

const testData = process.env.MARCO_TEST_DATA;
const skip = !testData;
const rows = (path: string) => readDatasetRows(join(testData!, path));

test.skipIf(skip).each([
  ['sft/llamafactory/alpaca_en_demo.json', 'eng_Latn', {}],
  ['sft/llamafactory/alpaca_zh_demo.json', 'cmn_Hans', {}],
  ['sft/llamafactory/identity.json', 'eng_Latn', {}],
  ['sft/fr_gt_doremiti_instructions.jsonl', 'fra_Latn', {}],
  ['sft/oasst/multilingual_validation.jsonl', 'eng_Latn', {}],
  ['sft/oasst/fr_top1.jsonl', 'fra_Latn', {}],
  ['sft/llamafactory/glaive_toolcall_en_demo.json', 'eng_Latn', {}],
  [
    'sft/belle_eval_set.jsonl',
    'cmn_Hans',
    { template: 'alpaca', columns: { prompt: 'question', response: 'std_answer' } },
  ],
] as const)('%s', async (path, language, spec) => {
  const read = await rows(path);
  const { conversations, report } = readConversations({ rows: read, spec, language, badRows: 'drop' });
  const dropped = Object.values(report.dropped).reduce((sum, count) => sum + count, 0);
  expect(report.numKept + dropped).toBe(read.length);
  // The evaluation set of BELLE leaves open questions without an answer.
  expect(conversations.length).toBeGreaterThan((path.includes('belle') ? 0.6 : 0.95) * read.length);
  for (const { where, field } of report.problems) expect(`${where}.${field}`).toMatch(/(:\d+|\[\d+\])\.\w/);
  for (const { messages } of conversations) expect(messages.at(-1)!.role).toBe('assistant');
});

test.skipIf(skip)('dataset_info.json describes the tool calls, and their tools come along', async () => {
  const info = JSON.parse(readFileSync(join(testData!, 'sft/llamafactory/dataset_info.json'), 'utf8'));
  const { fileName, spec } = datasetEntry(info, 'glaive_toolcall_en_demo', 'dataset_info.json');
  const read = await rows(`sft/llamafactory/${fileName}`);
  const { conversations } = readConversations({ rows: read, spec, language: 'eng_Latn' });
  expect(conversations.length).toBe(300);
  expect(conversations.some(({ tools }) => tools !== undefined)).toBe(true);
  expect(() => datasetEntry(info, 'alpaca_en', 'dataset_info.json')).toThrow(/must have file_name/);
  expect(() => datasetEntry(info, 'mllm_demo', 'dataset_info.json')).toThrow(/mllm_demo\.columns/);
});

test.skipIf(skip).each([
  ['preference/llamafactory/dpo_en_demo.json', 'eng_Latn', {}],
  ['preference/llamafactory/dpo_zh_demo.json', 'cmn_Hans', {}],
  ['preference/llamafactory/v1_dpo_demo.jsonl', 'eng_Latn', {}],
  ['preference/oasst_en_100_pairs.jsonl', 'eng_Latn', {}],
  [
    'preference/translation_mqm_ted_zhen.jsonl',
    'eng_Latn',
    { template: 'prompt-completion', columns: { prompt: 'source' } },
  ],
] as const)('%s', async (path, language, spec) => {
  const read = await rows(path);
  const { pairs, report } = readPreferencePairs({ rows: read, spec, language, badRows: 'drop' });
  expect(pairs.length).toBeGreaterThan(0.95 * read.length);
  expect(report.problems.length).toBe(read.length - pairs.length);
});

test.skipIf(skip)('KTO rows', async () => {
  const { answers } = readUnpairedAnswers({
    rows: await rows('preference/llamafactory/kto_en_demo.json'),
    language: 'eng_Latn',
  });
  expect(answers.length).toBe(300);
  expect(new Set(answers.map(({ isDesirable }) => isDesirable)).size).toBe(2);
});

test.skipIf(skip)('a set of another kind is refused with its fields', async () => {
  const seeds = await rows('sft/alpaca_seed/en.seed_tasks.jsonl');
  expect(() => readConversations({ rows: seeds, language: 'eng_Latn' })).toThrow(
    /en\.seed_tasks\.jsonl:1\.messages: .*got user/,
  );
});
