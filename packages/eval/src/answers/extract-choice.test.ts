import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentTask } from '../tasks/definition/document-task.ts';
import { writtenChoice } from '../tasks/definition/written-choice.ts';
import { findTasks } from '../tasks/task-registry.ts';
import { extractChoice } from './extract-choice.ts';

test.each([
  ['D', 3],
  ['B. 30', 1],
  ['(C) because', 2],
  ['The answer is (B).', 1],
  ['First A looks right, but the answer is C', 2],
  ['答案是 D。', 3],
  ['所以选择B', 1],
  ['Jibu ni C, kwa sababu', 2],
  ['คำตอบคือ A', 0],
  ['$\\boxed{\\text{B}}$', 1],
  ['I choose:\nB) rain', 1],
  ['A big dog', 0],
  ['Apples are red', null],
  ['', null],
  ['The answer is E', null],
])('%s', (answer, index) => {
  expect(extractChoice(answer, 4)).toBe(index);
});

const file = join(process.env.MARCO_TEST_DATA ?? '', 'golden', 'ceval_predictions', 'gpt-4o.json');
test.skipIf(!process.env.MARCO_TEST_DATA || !existsSync(file))(
  '1,027 real answers name what was taken out of them',
  () => {
    const { predictions } = JSON.parse(readFileSync(file, 'utf8')) as {
      predictions: { id: string; raw_output: string; prediction: string }[];
    };
    expect(predictions).toHaveLength(1027);
    const wrong = predictions.filter(
      ({ raw_output: answer, prediction }) => 'ABCD'[extractChoice(answer, 4) ?? 4] !== prediction,
    );
    expect(wrong).toEqual([]);
  },
);

test('a task asked in words counts what has no letter', () => {
  const row = {
    flores_passage: 'p',
    question: 'q',
    mc_answer1: 'a',
    mc_answer2: 'b',
    mc_answer3: 'c',
    mc_answer4: 'd',
    correct_answer_num: '2',
  };
  const { documents, name } = documentTask(writtenChoice(findTasks(['belebele_swh_Latn'])[0]!), { test: [row] });
  expect(name).toBe('belebele_swh_Latn_written');
  expect(documents![0]!.score(['Jibu ni B.'])).toMatchObject({ statistics: { acc: [1, 1], answered: [1, 1] } });
  expect(documents![0]!.score(['sijui'])).toMatchObject({ statistics: { acc: [0, 1], answered: [0, 1] } });
  expect(() => writtenChoice(findTasks(['xquad_de'])[0]!)).toThrow('must be of choices');
});
