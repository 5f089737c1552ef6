/**
 * What alignment costs and how well packing fills rows.
 *
 * `two sft passes` is loss and gradient of instruction tuning on the rows of the preference step: chosen and rejected answers, the same tokens. The
 * step's ratio is to stay above 0.87 (1 / 1.15). Packing is best-fit of real conversations, too long ones left out.
 * Units: seconds; per cent of row positions that are no padding.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Conversation, packConversations, readConversations, readDatasetRows } from '@marco-ts/aligner';
import { createTokenizer } from '@marco-ts/tokenizer';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import { startNodeProgram } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';
import { TRAIN_STEP_SHAPES } from '../train-step-shapes.ts';

const DEFAULT_ROUNDS = 5;
const SETS = [
  'sft/oasst/multilingual_validation.jsonl',
  'sft/oasst/fr_top1.jsonl',
  'sft/llamafactory/alpaca_en_demo.json',
  'sft/llamafactory/alpaca_zh_demo.json',
];
const ROW_LENGTHS = [512, 1024, 2048];

export const align: BenchSuite = {
  name: 'align',
  summary: 'a DPO step beside instruction tuning on the same tokens; rows that packing fills',
  async *run(context) {
    for (const shape of TRAIN_STEP_SHAPES) {
      const name = `DPO step, ${shape.name}`;
      if (!name.includes(context.only)) continue;
      await using field = createField({ ...context, note: () => {} });
      const options = JSON.stringify({ shape, threads: context.threads });
      const program = await field.enter('align-step', startNodeProgram('align-step', [options]));
      if (!program) throw benchError('align', 'our own backend must start, see above. Build it with pnpm build.');
      const seconds = async (task: string) => (await program.ask<{ seconds: number }>({ task })).seconds;
      const samples = await alternate(
        ['dpo', 'sft'].map((task) => ({ name: task, measure: () => seconds(task) })),
        context.rounds ?? DEFAULT_ROUNDS,
      );
      const peers = [['two sft passes', samples.get('sft')!]] as const;
      yield compareCase({ case: name, unit: 's', better: 'lower', ours: samples.get('dpo')!, peers });
    }
    yield* packing(context);
  },
};

async function* packing(context: SuiteContext): AsyncGenerator<BenchCase> {
  const names = ROW_LENGTHS.map((length) => `packing, rows of ${length}`);
  if (!names.some((name) => name.includes(context.only))) return;
  const { testData } = context;
  if (testData === undefined) {
    context.note('packing is measured on real conversations: MARCO_TEST_DATA names none');
    return;
  }
  const read = (path: string) => readFile(join(testData, 'tokenizer', path), 'utf8');
  const tokenizer = createTokenizer({
    vocabJson: await read('qwen2/vocab.json'),
    mergesText: await read('qwen2/merges.txt'),
    tokenizerConfig: JSON.parse(await read('qwen2/tokenizer_config.json')),
  });
  const conversations: Conversation[] = [];
  for (const set of SETS) {
    const rows = await readDatasetRows(join(testData, set));
    conversations.push(...readConversations({ rows, language: () => 'mul_Zzzz', badRows: 'drop' }).conversations);
  }
  for (const [index, sequenceLength] of ROW_LENGTHS.entries()) {
    if (!names[index]!.includes(context.only)) continue;
    const { report } = packConversations({ tokenizer, conversations, sequenceLength, microBatchSize: 1, seed: 1 });
    const alone = (100 * report.numTokens) / (report.numKept * sequenceLength);
    context.note(
      `${names[index]}: ${report.numKept} of ${report.numConversations} conversations in ${report.numRows} rows`,
    );
    yield compareCase({
      case: names[index]!,
      unit: '%',
      better: 'higher',
      ours: [100 * report.usefulShare],
      peers: [['one per row', [alone]]],
    });
  }
}
