import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import type { LanguageModel } from '../model/language-model.ts';
import { documentTask } from '../tasks/definition/document-task.ts';
import { findTasks } from '../tasks/task-registry.ts';
import { compareEvaluations } from './compare-evaluations.ts';
import { groupResults } from './group-results.ts';

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    premise: `House ${index} is old`,
    choice1: 'right',
    choice2: 'wrong',
    question: 'cause',
    label: 0,
  }));
const tasks = ['xcopa_sw', 'xcopa_it', 'xcopa_th'].map((name) =>
  documentTask(findTasks([name])[0]!, { test: rows(60) }),
);

/** Right on the items below a number that each language has. */
function model(name: string, known: Readonly<Record<string, number>>): LanguageModel {
  let task = 0;
  return {
    name,
    async loglikelihood(requests) {
      const limit = Object.values(known)[task++]!;
      return requests.map(({ context, continuation }) => {
        const isKnown = Number(/\d+/.exec(context)![0]) < limit;
        return { logProb: continuation.includes('right') === isKnown ? -1 : -2, isGreedy: false, numTokens: 1 };
      });
    },
    loglikelihoodRolling: async () => [],
    generateUntil: async () => [],
  };
}

const base = await evaluate(model('base', { sw: 20, it: 50, th: 30 }), tasks);
const adapted = await evaluate(model('adapted', { sw: 50, it: 20, th: 31 }), tasks);

test('the tasks of a group are one, with each language beside it', () => {
  const { tasks: grouped } = groupResults(base);
  expect(Object.keys(grouped)).toEqual(['xcopa']);
  const { overall, groups, numItems } = grouped.xcopa!;
  expect(overall.metrics.acc!.value).toBeCloseTo(100 / 180, 12);
  expect(groups.language!.swh_Latn!.metrics.acc!.value).toBeCloseTo(20 / 60, 12);
  expect(numItems).toMatchObject({ original: 180, effective: 180 });
});

test('a gain, a loss and a difference of one item: only the first two are significant, and the loss is forgetting', () => {
  const { rows: all, forgetting, disagreements } = compareEvaluations(base, adapted, { numResamples: 2000 });
  const of = (group: string) => all.find((row) => row.grouping === 'language' && row.group === group)!;
  expect(of('swh_Latn')).toMatchObject({ significant: true, improved: true });
  expect(of('ita_Latn')).toMatchObject({ significant: true, improved: false });
  expect(of('tha_Thai')).toMatchObject({ significant: false });
  expect(of('swh_Latn').adjustedPValue!).toBeGreaterThan(of('swh_Latn').pValue!);
  expect(forgetting.map(({ task, group }) => `${task} ${group}`)).toEqual(['xcopa ita_Latn']);
  expect(disagreements).toMatchObject([
    { task: 'xcopa', metric: 'acc', bothRight: 70, onlyBefore: 30, onlyAfter: 31, bothWrong: 49 },
  ]);
  expect(disagreements[0]!.examples.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    'lost xcopa_it/20',
    'lost xcopa_it/21',
    'lost xcopa_it/22',
    'gained xcopa_sw/20',
    'gained xcopa_sw/21',
    'gained xcopa_sw/22',
  ]);
});

test('a model against itself has changed nowhere; tasks of one side are named, none in common is refused', () => {
  const same = compareEvaluations(base, base, { numResamples: 200 });
  expect(same.rows.every(({ delta, significant }) => delta === 0 && !significant)).toBe(true);
  expect(same.forgetting).toEqual([]);
  const { xcopa_sw, ...others } = adapted.tasks;
  expect(compareEvaluations(base, { ...adapted, tasks: others }, { numResamples: 200 })).toMatchObject({
    onlyBefore: ['xcopa_sw'],
    onlyAfter: [],
  });
  expect(() => compareEvaluations(base, { ...adapted, tasks: { other: xcopa_sw! } })).toThrow('a task in common');
});

test('a few pairs prove nothing, whatever they say', () => {
  const few = (name: string) => ({
    ...(name === 'base' ? base : adapted).tasks.xcopa_sw!,
    samples: (name === 'base' ? base : adapted).tasks.xcopa_sw!.samples.slice(20, 24),
  });
  const { rows: all } = compareEvaluations(
    { ...base, tasks: { xcopa_sw: few('base') } },
    { ...adapted, tasks: { xcopa_sw: few('adapted') } },
    { numResamples: 200 },
  );
  expect(all.map(({ delta, pValue, significant }) => [delta, pValue, significant])).toEqual(
    all.map(() => [1, 0.125, false]),
  );
});
