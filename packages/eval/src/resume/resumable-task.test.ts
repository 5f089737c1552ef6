import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import type { LanguageModel, LoglikelihoodRequest } from '../model/language-model.ts';
import { documentTask } from '../tasks/definition/document-task.ts';
import { findTasks } from '../tasks/task-registry.ts';
import { openAnswerLog } from './answer-log.ts';
import { resumableTask } from './resumable-task.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'answers-'));
});
afterEach(() => rm(directory, { recursive: true }));

const rows = Array.from({ length: 150 }, (_, index) => ({
  premise: `House ${index} is old`,
  choice1: `Birds ${index % 7} sing`,
  choice2: `It ${index % 5} rains`,
  question: 'cause',
  label: index % 2,
}));
const xcopa = documentTask(findTasks(['xcopa_sw'])[0]!, { test: rows });
const italian = documentTask(findTasks(['xcopa_it'])[0]!, { test: rows.slice(0, 40) });

/** Its numbers depend on what is asked together, as those of batches do; it breaks off at the given call. */
function moodyModel(breakAt = Number.POSITIVE_INFINITY): LanguageModel & { readonly asked: LoglikelihoodRequest[] } {
  const asked: LoglikelihoodRequest[] = [];
  let numCalls = 0;
  return {
    asked,
    async loglikelihood(requests) {
      if (++numCalls > breakAt) throw new Error('power cut');
      asked.push(...requests);
      return requests.map(({ continuation, context }, index) => ({
        logProb: context.includes('House 3 ') ? Number.NaN : -continuation.length - index / 1000 - requests.length / 7,
        isGreedy: false,
        numTokens: 3,
      }));
    },
    loglikelihoodRolling: async () => [],
    generateUntil: async () => [],
  };
}

const scores = async (tasks: Parameters<typeof evaluate>[1], model: LanguageModel) => {
  const results = await evaluate(model, tasks);
  return Object.fromEntries(Object.entries(results.tasks).map(([name, { seconds: _, ...task }]) => [name, task]));
};
const runAlone = async (model: LanguageModel, folder: string) => {
  const log = await openAnswerLog(folder, 'rank-00000');
  try {
    return await scores([resumableTask(xcopa, log), resumableTask(italian, log)], model);
  } finally {
    await log.close();
  }
};

test('after a break only what is missing is asked, and the results are those of a run without one, bit for bit', async () => {
  const whole = await runAlone(moodyModel(), join(directory, 'whole'));
  expect(whole.xcopa_sw!.skipped).toEqual([{ id: 'xcopa_sw/3', reason: expect.stringContaining('window') }]);

  const broken = join(directory, 'broken');
  await expect(runAlone(moodyModel(1), broken)).rejects.toThrow('power cut');
  const path = join(broken, 'rank-00000.jsonl');
  const lines = (await readFile(path, 'utf8')).split('\n');
  expect(lines).toHaveLength(65);
  // As a kill may leave it: the last line of the first chunk is cut.
  await writeFile(path, `${lines.slice(0, 63).join('\n')}\n${lines[63]!.slice(0, 40)}`);
  const log = await openAnswerLog(broken, 'rank-00000');
  expect(log.numTorn).toBe(1);
  await log.close();

  const second = moodyModel();
  expect(await runAlone(second, broken)).toEqual(whole);
  expect(second.asked).toHaveLength(2 * 190);
  const third = moodyModel(0);
  expect(await runAlone(third, broken)).toEqual(whole);
  expect(third.asked).toHaveLength(0);
});

test('ranks ask everything once, and what they find is the same on any number of them', async () => {
  const whole = await runAlone(moodyModel(), join(directory, 'whole'));
  for (const worldSize of [2, 3]) {
    const folder = join(directory, String(worldSize));
    const asked: LoglikelihoodRequest[] = [];
    for (let rank = 0; rank < worldSize; rank++) {
      const log = await openAnswerLog(folder, `rank-0000${rank}`);
      const model = moodyModel();
      for (const task of [xcopa, italian]) await resumableTask(task, log, { rank, worldSize }).run(model, {});
      asked.push(...model.asked);
      await log.close();
    }
    expect(asked).toHaveLength(2 * 190);
    expect(await runAlone(moodyModel(0), folder)).toEqual(whole);
  }
});

test('another prompt is asked anew, and a failed request is not kept', async () => {
  const log = await openAnswerLog(directory, 'rank-00000');
  const failing: LanguageModel = {
    ...moodyModel(),
    loglikelihood: async (requests) =>
      requests.map(({ context }) => ({
        logProb: -1,
        isGreedy: false,
        numTokens: 1,
        ...(context.includes('House 9 ') && { failed: 'the server failed: no answer' }),
      })),
  };
  const task = resumableTask(italian, log);
  const { skipped, samples } = await task.run(failing, {});
  expect(skipped).toEqual([{ id: 'xcopa_it/9', reason: 'the server failed: no answer' }]);
  expect(samples).toHaveLength(39);
  expect(log.answers.size).toBe(39);
  // The whole chunk again, so that batches stay the same.
  const model = moodyModel();
  expect((await task.run(model, {})).samples).toHaveLength(39);
  expect(model.asked).toHaveLength(80);

  const shots = documentTask(
    findTasks(['xcopa_it'])[0]!,
    { test: rows.slice(0, 40), validation: rows },
    { numFewShot: 1 },
  );
  const other = moodyModel();
  await resumableTask(shots, log).run(other, {});
  expect(other.asked).toHaveLength(80);
  await log.close();
  await appendFile(join(directory, 'rank-00000.jsonl'), '{"task":');
  const again = await openAnswerLog(directory, 'rank-00001');
  expect(again.answers.size).toBe(80);
  await again.close();
});

test('a rank outside its world and a task without documents are refused', async () => {
  const log = await openAnswerLog(directory, 'rank-00000');
  expect(() => resumableTask(xcopa, log, { rank: 2, worldSize: 2 })).toThrow('got 2 of 2');
  expect(() => resumableTask({ ...xcopa, documents: undefined }, log)).toThrow("got 'xcopa_sw'");
  await log.close();
});
