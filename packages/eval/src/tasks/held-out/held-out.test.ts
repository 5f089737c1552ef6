import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directoryDatasetFiles } from '../../datasets/directory-dataset-files.ts';
import { evaluate } from '../../evaluate.ts';
import type { LanguageModel, RequestNotice } from '../../model/language-model.ts';
import { askTogether } from '../ask-together.ts';
import { documentTask } from '../definition/document-task.ts';
import { loadTask } from '../definition/load-task.ts';
import { findTasks } from '../task-registry.ts';
import { heldOutRows } from './held-out-rows.ts';

const english = ['One dog sleeps here today.', 'Two cats run far away.', 'Three birds sing up there.', 'No.'];
const swahili = [
  'Mbwa mmoja analala hapa leo.',
  'Paka wawili wanakimbia mbali sana.',
  'Ndege watatu wanaimba kule.',
  'La.',
];
const paragraphs = [
  ...english.map((text, id) => ({ paragraphId: `${id}`, language: 'eng_Latn', languageName: 'English', text })),
  ...swahili.map((text, id) => ({ paragraphId: `${id}`, language: 'swh_Latn', languageName: 'Swahili', text })),
  { paragraphId: '0', language: 'tha_Thai', languageName: 'Thai', text: 'สุนัขตัวหนึ่งนอนอยู่ที่นี่วันนี้' },
];
const rows = heldOutRows({ paragraphs, pivotLanguage: 'eng_Latn', seed: 1 });

test('word order: the same words, two neighbours exchanged, first and last in place', () => {
  const own = [...rows.word_order].flatMap(([, list]) => list as { sen: string; wrong_sen: string }[]);
  expect(own.length).toBeGreaterThan(6);
  for (const { sen, wrong_sen: wrong } of own) {
    expect(wrong).not.toBe(sen);
    expect([...wrong].sort()).toEqual([...sen].sort());
    expect([wrong.split(' ')[0]![0], wrong.at(-1)]).toEqual([sen.split(' ')[0]![0], sen.at(-1)]);
  }
  expect(rows.word_order.has('tha_Thai')).toBe(true);
  expect(heldOutRows({ paragraphs, pivotLanguage: 'eng_Latn', seed: 1 })).toEqual(rows);
  expect(heldOutRows({ paragraphs, pivotLanguage: 'eng_Latn', seed: 2 })).not.toEqual(rows);
});

test('translation choice: the label is the translation of the source, and a language with too few paragraphs has none', () => {
  expect([...rows.translation_choice.keys()]).toEqual(['swh_Latn']);
  const own = rows.translation_choice.get('swh_Latn') as unknown as {
    source: string;
    choices: string[];
    label: number;
  }[];
  expect(own).toHaveLength(4);
  for (const { source, choices, label } of own) {
    expect(new Set(choices).size).toBe(4);
    expect(choices[label]).toBe(swahili[english.indexOf(source)]);
  }
});

test('rows in a directory are read by the task of their name, also of a language that FLORES-200 lacks', async () => {
  const root = await mkdtemp(join(tmpdir(), 'heldout-'));
  for (const language of ['swh_Latn', 'cmn_Hans']) {
    const folder = join(root, 'heldout', 'translation_choice', language);
    await mkdir(folder, { recursive: true });
    const lines = rows.translation_choice.get('swh_Latn')!.map((row) => JSON.stringify(row));
    await writeFile(join(folder, 'test.jsonl'), lines.join('\n'));
  }
  for (const name of ['heldout_translation_choice_swh_Latn', 'heldout_translation_choice_cmn_Hans']) {
    const task = await loadTask(findTasks([name])[0]!, { files: directoryDatasetFiles(root) });
    expect(task.documents).toHaveLength(4);
    expect(task.documents![0]!.requests[0]).toMatchObject({
      context: `English sentence: ${english[0]}\nSwahili sentence:`,
    });
    expect(task.metrics.acc!.chance).toBe(0.25);
  }
});

test('tasks asked together are scored as when asked one by one, each with its own notices', async () => {
  const own = [...rows.translation_choice.get('swh_Latn')!];
  const tasks = ['swh_Latn', 'cmn_Hans'].map((language) =>
    documentTask(findTasks([`heldout_translation_choice_${language}`])[0]!, {
      test: language === 'cmn_Hans' ? own.slice(2) : own,
    }),
  );
  const asking = () => {
    const notices: RequestNotice[] = [];
    const calls: number[] = [];
    const model: LanguageModel = {
      notices,
      async loglikelihood(requests) {
        calls.push(requests.length);
        return requests.map(({ context, continuation }, index) => {
          const isLong = context.includes('Three');
          if (isLong)
            notices.push({
              request: 'loglikelihood',
              kind: 'truncated',
              index,
              numTokens: 9,
              maxTokens: 8,
              excerpt: '',
            });
          return { logProb: -continuation.length, isGreedy: false, numTokens: 1 };
        });
      },
      loglikelihoodRolling: async () => [],
      generateUntil: async () => [],
    };
    return { model, calls };
  };
  const [apart, together] = [asking(), asking()];
  const expected = await evaluate(apart.model, tasks);
  const results = await evaluate(together.model, await askTogether(together.model, tasks));
  expect([apart.calls, together.calls]).toEqual([[16, 8], [24]]);
  for (const [name, { samples, numTruncated }] of Object.entries(expected.tasks)) {
    expect(results.tasks[name]).toMatchObject({ samples, numTruncated });
    expect(numTruncated).toBe(4);
  }
});
