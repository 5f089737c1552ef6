import { expect, test } from 'vitest';
import { evaluate } from '../../evaluate.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import { aggregateGroups } from '../aggregate-groups.ts';
import { marcoSuite } from '../marco-suite.ts';
import { findTasks, taskDefinitions, taskGroups } from '../task-registry.ts';
import { buildContext } from './build-context.ts';
import { documentTask } from './document-task.ts';
import { pythonRandom } from './python-random.ts';
import type { Row } from './task-definition.ts';

const model = (logProbs: (choice: string) => number): LanguageModel => ({
  loglikelihood: async (requests) =>
    requests.map(({ continuation }) => ({
      logProb: logProbs(continuation),
      isGreedy: false,
      numTokens: continuation.length,
    })),
  loglikelihoodRolling: async () => [],
  generateUntil: async (requests) => requests.map(() => ' nyota '),
});
const xcopa = (row: Partial<Row>): Row => ({
  premise: 'Ni usiku.',
  choice1: 'Kulala',
  choice2: 'Kula',
  question: 'effect',
  label: 0,
  ...row,
});
const task = (name: string) => findTasks([name])[0]!;

test('Python’s generator: the same numbers and samples', () => {
  const random = pythonRandom(1234);
  const numbers = Array.from({ length: 100 }, (_, index) => index);
  // random.Random(1234): sample(range(100), 5), sample(range(10), 3), sample(range(100), 30)[:6]
  expect(random.sample(numbers, 5)).toEqual([99, 56, 14, 0, 11]);
  expect(random.sample(numbers.slice(0, 10), 3)).toEqual([9, 0, 1]);
  expect(random.sample(numbers, 30).slice(0, 6)).toEqual([12, 98, 45, 30, 2, 3]);
  expect(pythonRandom(2 ** 40 + 5).sample(numbers, 6)).toEqual([64, 66, 34, 84, 3, 67]);
  expect(() => random.sample([1], 2)).toThrow('got 2 of 1');
});

test('rows without a usable answer and choices longer than the window are counted with their reasons, never scored 0', async () => {
  const rows = [
    xcopa({}),
    xcopa({ label: 2 }),
    xcopa({ choice1: '' }),
    xcopa({ choice2: 'ndefu' }),
    xcopa({ label: 1 }),
  ];
  const own = documentTask(task('xcopa_sw'), { test: rows });
  expect(own.unusable).toEqual([
    { id: 'xcopa_sw/1', reason: 'the right choice 2 is none of 2 choices' },
    { id: 'xcopa_sw/2', reason: 'choice 0 is empty' },
  ]);
  const refusing = model((choice) => (choice.includes('ndefu') ? Number.NaN : choice.includes('kulala') ? -1 : -2));
  const result = (await evaluate(refusing, [own])).tasks.xcopa_sw!;
  expect(result.overall.metrics.acc!.value).toBe(0.5);
  expect(result.skipped.at(-1)).toEqual({
    id: 'xcopa_sw/3',
    reason: "choice 1 of 6 tokens is longer than the model's window",
  });
  expect(result.numItems).toMatchObject({ original: 5, effective: 2 });
});

test('an empty reference is named before the model is asked, and none at all is an error', async () => {
  const row = (text: string[]): Row => ({ id: 'swahili-1', context: 'c', question: 'q', answers: { text } });
  const own = documentTask(task('tydiqa_goldp_sw'), { validation: [row(['nyota']), row([]), row([' '])] });
  expect(own.unusable!.map(({ reason }) => reason)).toEqual(['there is no gold answer', 'the reference is empty']);
  const { overall } = (
    await evaluate(
      model(() => 0),
      [own],
    )
  ).tasks.tydiqa_goldp_sw!;
  expect(overall.metrics).toMatchObject({ exact_match: { value: 1 }, f1: { value: 1 } });
  expect(() => documentTask(task('tydiqa_goldp_sw'), { validation: [row([])] })).toThrow(
    'at least one row must be usable, got 1',
  );
  expect(() => documentTask(task('tydiqa_goldp_fi'), { validation: [row(['x'])] })).toThrow(
    "the split 'validation' must have rows, got 0",
  );
});

test('wrong layouts, too many examples and a missing tier are named', () => {
  expect(() => documentTask(task('xcopa_sw'), { test: [{ text: 'x' }] })).toThrow(
    "the field 'choice1' must be a text, got none in a row with text",
  );
  expect(() => documentTask(task('xcopa_sw'), { test: [xcopa({ label: 'x' })] })).toThrow(
    "the field 'label' must be a whole number",
  );
  expect(() =>
    documentTask(task('xcopa_sw'), { test: [xcopa({})], validation: [xcopa({})] }, { numFewShot: 2 }),
  ).toThrow('numFewShot 2 needs 2 rows to choose from, got 1');
  expect(() => documentTask(task('xcopa_sw'), { test: [xcopa({})] }, { tiers: { eng_Latn: 'high' } })).toThrow(
    "got none for 'swh_Latn'",
  );
});

test('examples do not change with the limit', () => {
  const rows = Array.from({ length: 8 }, (_, index) => xcopa({ premise: `Siku ${index}.` }));
  const build = (limit?: number) =>
    documentTask(task('xcopa_sw'), { validation: rows, test: rows }, { numFewShot: 2, limit }).documents!;
  expect(build(3).map(({ requests }) => requests)).toEqual(
    build()
      .slice(0, 3)
      .map(({ requests }) => requests),
  );
});

test('a chat template gets one user turn, or each example as turns', () => {
  const examples = [xcopa({ premise: 'Moja.' })];
  const render = (messages: readonly { role: string; content: string }[]): string =>
    messages.map(({ role, content }) => `<${role}>${content}`).join('');
  expect(buildContext(task('xcopa_sw'), examples, 'Swali', { chat: { render }, systemInstruction: 'Jibu.' })).toBe(
    '<system>Jibu.<user>Moja kwa hiyo kulala\n\nSwali',
  );
  expect(buildContext(task('xcopa_sw'), examples, 'Swali', { chat: { render, fewShotAsMultiturn: true } })).toBe(
    '<user>Moja kwa hiyo<assistant>kulala<user>Swali',
  );
});

test('the registry: names, groups, patterns, pairs, and the nearest names of a mistyped one', () => {
  expect(taskDefinitions().size).toBeGreaterThan(4000);
  expect(taskGroups().get('belebele')).toHaveLength(122);
  expect(findTasks(['mmlu']).length).toBe(57);
  expect(findTasks(['xcopa_s*', 'xcopa_sw']).map(({ name }) => name)).toEqual(['xcopa_sw']);
  expect(findTasks(['flores200_tha_Thai-kaz_Cyrl'])[0]).toMatchObject({
    language: 'kaz_Cyrl',
    groups: ['flores200_any'],
  });
  expect(() => findTasks(['xcopa_sv'])).toThrow("got 'xcopa_sv'. Did you mean xcopa_sw");
  expect(() => findTasks(['flores200_tha_Thai-xxx_Latn'])).toThrow("got 'xxx_Latn'");
  for (const { name, language, paper } of taskDefinitions().values()) {
    expect(language, name).toMatch(/^[a-z]{3}_[A-Z][a-z]{3}$/);
    expect(paper, name).not.toBe('');
  }
});

test('the paper’s suite: its languages and shots', () => {
  const suite = marcoSuite();
  const shots = (prefix: string) =>
    new Set(suite.filter(({ name }) => name.startsWith(prefix)).map(({ numFewShot }) => numFewShot));
  expect(
    ['ceval', 'arc_', 'mmlu_', 'xcopa', 'm_mmlu', 'xstory', 'tydiqa', 'belebele', 'flores', 'wmt16'].map((prefix) => [
      ...shots(prefix),
    ]),
  ).toEqual([[5], [25], [5], [5], [5], [5], [1], [1], [1], [1]]);
  expect(suite.filter(({ name }) => name.startsWith('belebele'))).toHaveLength(28);
  expect(suite.filter(({ name }) => name.startsWith('flores'))).toHaveLength(56);
  expect(suite.find(({ name }) => name === 'xcopa_th')!.splits).toEqual({ test: 'validation' });
});

test('groups: pooled by size, each language once, by tier', async () => {
  const tiers = { swh_Latn: 'low', tur_Latn: 'low', ita_Latn: 'high' };
  const build = (name: string, labels: number[]) =>
    documentTask(
      task(name),
      { test: labels.map((label, index) => xcopa({ label, premise: `Siku ${index}.` })) },
      { tiers },
    );
  const first = model((choice) => (choice.includes('kulala') ? -1 : -2));
  const { tasks } = await evaluate(first, [
    build('xcopa_sw', [0, 0, 0, 1]),
    build('xcopa_tr', [1, 1]),
    build('xcopa_it', [0]),
  ]);
  const { xcopa: group, ...others } = aggregateGroups({ results: tasks, groups: taskGroups() });
  expect(others).toEqual({});
  expect(group!.tasks).toEqual(['xcopa_it', 'xcopa_sw', 'xcopa_tr']);
  expect(group!.overall.metrics.acc!.value).toBeCloseTo(4 / 7, 12);
  expect(group!.overall.macro!.acc).toMatchObject({ value: expect.closeTo((0.75 + 0 + 1) / 3, 12), count: 3 });
  expect(group!.groups.tier!.low!.macro!.acc!.value).toBeCloseTo(0.375, 12);
  expect(group!.metrics.acc!.chance).toBe(0.5);
});
