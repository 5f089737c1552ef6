import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluate } from './evaluate.ts';
import type { LanguageModel, RequestNotice } from './model/language-model.ts';
import { compareResults } from './results/compare-results.ts';
import type { EvalResults } from './results/eval-results.ts';
import { writeLmEvalResults } from './results/lm-eval-results-writer.ts';
import { bitsPerByteTask } from './tasks/bits-per-byte-task.ts';
import { clozeTask } from './tasks/cloze-task.ts';

const tiers = { eng_Latn: 'high', swh_Latn: 'low', rus_Cyrl: 'low' };
const languages = Object.keys(tiers);
const documents = languages.flatMap((language) =>
  Array.from({ length: 20 }, (_, index) => ({
    id: `${language}${index}`,
    text: `text ${index} ${'x'.repeat(index)}`,
    language,
  })),
);
const items = languages.flatMap((language) =>
  Array.from({ length: 20 }, (_, index) => ({
    id: `${language}${index}`,
    language,
    context: 'before',
    choices: [`right ${index}`, `wrong ${index}`],
    gold: 0,
  })),
);
const tasks = [bitsPerByteTask({ documents, tiers }), clozeTask({ items, tiers })];

/** Knows the right choice in `share` of the items, and spends `nats` on each character of text. */
function model(share: number, nats: number): LanguageModel {
  const notices: RequestNotice[] = [];
  return {
    name: `knows ${share}/a`,
    notices,
    loglikelihood: async (requests, options) => {
      options?.onProgress?.(requests.length, requests.length);
      notices.push({
        request: 'loglikelihood',
        kind: 'truncated',
        index: 0,
        numTokens: 9,
        maxTokens: 8,
        excerpt: 'before',
      });
      return requests.map(({ continuation }) => {
        const [, word, number] = /(right|wrong) (\d+)/.exec(continuation)!;
        const isKnown = Number(number) < 20 * share;
        return { logProb: (word === 'right') === isKnown ? -1 : -2, isGreedy: false, numTokens: 2 };
      });
    },
    loglikelihoodRolling: async (texts) =>
      texts.map((text) => ({
        logProb: -nats * text.length - (text.length % 3),
        numTokens: text.length,
        numBytes: text.length,
      })),
    generateUntil: async (requests) => requests.map(() => ''),
  };
}

test('results hold scores by language and tier, chance, errors, notices and samples, and survive JSON', async () => {
  const progress: string[] = [];
  const results = await evaluate(model(0.6, 2), tasks, {
    onProgress: ({ task, taskIndex, numTasks, done, total }) =>
      progress.push(`${task} ${taskIndex}/${numTasks} ${done}/${total}`),
    extra: { checkpoint: 'step-10' },
  });
  const { cloze, bits_per_byte: bits } = results.tasks;
  expect(progress).toContain('cloze 1/2 120/120');
  expect(cloze!.overall.metrics.acc!.value).toBeCloseTo(0.6, 12);
  expect(cloze!.overall.metrics.acc!.stderr).toBeCloseTo(Math.sqrt((0.6 * 0.4) / 59), 12);
  expect(cloze!.chanceStderr.acc).toBeCloseTo(Math.sqrt(0.25 / 60), 12);
  expect(cloze!.numItems).toEqual({
    original: 60,
    originalByGroup: { eng_Latn: 20, swh_Latn: 20, rus_Cyrl: 20 },
    effective: 60,
  });
  expect(cloze).toMatchObject({ numTruncated: 1, numRefused: 0, version: 1, notices: [{ excerpt: 'before' }] });
  expect(bits!.groups.tier!.low).toMatchObject({ numSamples: 40, macro: { bits_per_byte: { count: 2 } } });
  expect(bits!.samples).toHaveLength(60);
  expect(results.config).toMatchObject({ limit: null, extra: { checkpoint: 'step-10' } });
  expect(JSON.parse(JSON.stringify(results))).toEqual(results);
  const limited = await evaluate(model(0.6, 2), tasks, { limit: 5 });
  expect(limited.tasks.cloze!.numItems).toMatchObject({ original: 60, effective: 15 });
});

test('a comparison finds what changed and what did not, from results read back', async () => {
  const read = async (share: number, nats: number): Promise<EvalResults> =>
    JSON.parse(JSON.stringify(await evaluate(model(share, nats), tasks)));
  const before = await read(0.3, 2);
  const rows = compareResults(before, await read(0.9, 1.5), { numResamples: 300 });
  const row = (metric: string, group: string) =>
    rows.find((candidate) => candidate.metric === metric && candidate.group === group)!;
  expect(row('acc', 'pooled')).toMatchObject({
    delta: expect.closeTo(0.6, 12),
    significant: true,
    improved: true,
    chance: 0.5,
    numSamples: 60,
  });
  expect(row('bits_per_byte', 'swh_Latn')).toMatchObject({
    significant: true,
    improved: true,
    higherIsBetter: false,
    numSamples: 20,
  });
  expect(row('bits_per_byte', 'low (macro)')).toMatchObject({ grouping: 'tier', pValue: null, significant: false });
  expect(row('acc', 'macro').stderr).toBeGreaterThan(0);
  const same = compareResults(before, await read(0.3, 2), { numResamples: 50, method: 'randomization' });
  expect(same.every(({ delta, significant, improved }) => delta === 0 && !significant && !improved)).toBe(true);
  const { cloze } = before.tasks;
  const onlyCloze = { ...before, tasks: { cloze: cloze! } };
  expect(new Set(compareResults(before, onlyCloze, { numResamples: 10 }).map(({ task }) => task))).toEqual(
    new Set(['cloze']),
  );
  expect(() => compareResults(before, { ...before, tasks: {} })).toThrow('a task in common');
  const newer = { ...before, tasks: { cloze: { ...cloze!, version: 2 } } };
  expect(() => compareResults(before, newer)).toThrow('got 1 and 2');
  const others = {
    ...before,
    tasks: { cloze: { ...cloze!, samples: cloze!.samples.map((sample) => ({ ...sample, id: `other ${sample.id}` })) } },
  };
  expect(() => compareResults(before, others)).toThrow('got none in common');
});

test('files in the layout of lm-evaluation-harness', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lm-eval-'));
  try {
    const results = await evaluate(model(0.5, 2), tasks);
    const paths = await writeLmEvalResults(directory, results, { time: new Date(Date.UTC(2024, 0, 2, 3, 4, 5)) });
    expect(paths.map((path) => path.slice(directory.length + 1))).toEqual([
      'knows 0.5__a/results_2024-01-02T03-04-05.000.json',
      'knows 0.5__a/samples_bits_per_byte_2024-01-02T03-04-05.000.jsonl',
      'knows 0.5__a/samples_cloze_2024-01-02T03-04-05.000.jsonl',
    ]);
    const written = JSON.parse(readFileSync(paths[0]!, 'utf8'));
    expect(written.results.cloze_swh_Latn).toMatchObject({
      'acc,none': 0.5,
      'acc_stderr,none': expect.any(Number),
      alias: ' - cloze_swh_Latn',
    });
    expect(written.groups.cloze['acc,none']).toBe(0.5);
    expect(written.group_subtasks.cloze).toEqual(['cloze_eng_Latn', 'cloze_swh_Latn', 'cloze_rus_Cyrl']);
    expect(written.higher_is_better.bits_per_byte_eng_Latn.bits_per_byte).toBe(false);
    expect(written['n-samples'].cloze_eng_Latn).toEqual({ original: 20, effective: 20 });
    expect(written).toMatchObject({ 'n-shot': { cloze: 0 }, versions: { cloze: 1 }, date: 1704164645 });
    const lines = readFileSync(paths[2]!, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(60);
    expect(lines[0]).toMatchObject({ doc_id: 0, acc: 1, doc: { language: 'eng_Latn', tier: 'high' }, filter: 'none' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('nothing to do, doubled names, unanswerable tasks and an abort are errors', async () => {
  await expect(evaluate(model(1, 1), [])).rejects.toThrow('at least one task');
  await expect(evaluate(model(1, 1), [tasks[0]!, tasks[0]!])).rejects.toThrow("got 'bits_per_byte' twice");
  const refusing: LanguageModel = {
    ...model(1, 1),
    loglikelihood: async (requests) => requests.map(() => ({ logProb: Number.NaN, isGreedy: false, numTokens: 9000 })),
  };
  await expect(evaluate(refusing, [tasks[1]!])).rejects.toThrow(
    "got 60 skipped. The first: item 'eng_Latn0', choice 0 of 9000 tokens",
  );
  const signal = AbortSignal.abort(new Error('stopped by test'));
  await expect(evaluate(model(1, 1), tasks, { signal })).rejects.toThrow('stopped by test');
});
