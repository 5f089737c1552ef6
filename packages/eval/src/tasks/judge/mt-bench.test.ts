import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { evaluate } from '../../evaluate.ts';
import type { LanguageModel } from '../../model/language-model.ts';
import { loggedChat, loggedModel, openTextLog } from '../../resume/text-log.ts';
import { chatEndpoint } from './chat-endpoint.ts';
import { mtBenchAnswers, mtBenchQuestions, mtBenchTask } from './mt-bench-task.ts';

const rows = [81, 82, 83].map((id) => ({
  question_id: id,
  category: id === 83 ? 'math' : 'writing',
  turns: [`Swali ${id}?`, 'Na tena?'],
}));
const questions = mtBenchQuestions(rows, 'swh_Latn', new Map([['83', ['tatu', 'nne']]]));
const baseline = new Map(
  [
    ...mtBenchAnswers(
      rows.map(({ question_id }) => ({ question_id, choices: [{ turns: [`base ${question_id}`, 'base two'] }] })),
    ),
  ].map(([id, answers]) => [`swh_Latn/${id}`, answers] as const),
);
const prompts: string[] = [];
const model: LanguageModel = {
  loglikelihood: async () => [],
  loglikelihoodRolling: async () => [],
  generateUntil: async (requests) =>
    requests.map(({ prompt }) => {
      prompts.push(prompt);
      return ` own ${/\d+/.exec(prompt)![0]} `;
    }),
};
const render = (messages: readonly { role: string; content: string }[]): string =>
  messages.map(({ role, content }) => `${role}: ${content}\n`).join('');

let server: Server | undefined;
afterEach(() => server?.close());
async function serve(
  answer: (user: string, attempt: number) => { status?: number; text?: string } | null,
): Promise<string> {
  const attempts = new Map<string, number>();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const user: string = JSON.parse(body).messages.at(-1).content;
      const attempt = (attempts.get(user) ?? 0) + 1;
      attempts.set(user, attempt);
      const own = answer(user, attempt);
      if (own === null) return;
      response.statusCode = own.status ?? 200;
      response.end(own.text === undefined ? '{}' : JSON.stringify({ choices: [{ message: { content: own.text } }] }));
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`;
}
const judgeAt = (baseUrl: string, timeoutMs = 30_000) =>
  chatEndpoint({ baseUrl, model: 'judge', timeoutMs, maxAttempts: 2, retryAfterMs: 1 });
const firstIsOwn = (user: string): boolean => user.indexOf('own') < user.indexOf('base');

test('a preference counts where it holds in both orders, and both turns are asked', async () => {
  const seen: string[] = [];
  const baseUrl = await serve((user) => {
    seen.push(user);
    if (user.includes('Swali 81')) return { text: firstIsOwn(user) ? 'Good. [[A]]' : 'not [[A]] but [[B]]' };
    if (user.includes('Swali 82')) return { text: '[[A]]' };
    return { text: firstIsOwn(user) ? '[[B]]' : '[[A]]' };
  });
  const results = await evaluate(model, [mtBenchTask({ questions, baseline, judge: judgeAt(baseUrl), render })]);
  const { overall, groups, samples } = results.tasks.mt_bench!;
  expect(samples.map(({ record }) => record.preference)).toEqual(['first', 'tie', 'second']);
  const value = (metric: string): number => overall.metrics[metric]!.value;
  expect(value('win_rate')).toBeCloseTo(0.5, 12);
  expect([value('win'), value('tie'), value('loss')].map((share) => Number(share.toFixed(3)))).toEqual([
    0.333, 0.333, 0.333,
  ]);
  expect(value('consistent')).toBeCloseTo(2 / 3, 12);
  expect(groups.category!.writing!.metrics.win_rate!.value).toBe(0.75);
  expect(prompts.at(-1)).toBe('user: Swali 83?\nassistant: own 83\nuser: Na tena?\n');
  expect(seen.filter((user) => user.includes('### Reference'))).toHaveLength(2);
});

test('a judge without a verdict is counted, one that does not answer is named', async () => {
  const silent = await serve((user) => ({ text: user.includes('Swali 82') ? 'I cannot say.' : '[[C]]' }));
  const { skipped, numItems } = (
    await evaluate(model, [mtBenchTask({ questions, baseline, judge: judgeAt(silent), render })])
  ).tasks.mt_bench!;
  expect(skipped).toEqual([{ id: 'swh_Latn/82', reason: expect.stringContaining('no verdict') }]);
  expect(numItems).toMatchObject({ original: 3, effective: 2 });
  server!.close();

  const flaky = await serve((user) => (user.includes('Swali 82') ? { status: 500 } : { text: '[[C]]' }));
  const partly = (await evaluate(model, [mtBenchTask({ questions, baseline, judge: judgeAt(flaky), render })])).tasks;
  expect(partly.mt_bench!.skipped).toEqual([{ id: 'swh_Latn/82', reason: expect.stringContaining('status 500') }]);
  expect(partly.mt_bench!.numItems.effective).toBe(2);
  server!.close();

  const hanging = await serve(() => null);
  await expect(judgeAt(hanging, 300)([{ role: 'user', content: 'x' }])).rejects.toThrow('no answer within 300 ms');
  server!.closeAllConnections();
  server!.close();

  const failing = await serve((_, attempt) => (attempt === 1 ? { status: 503 } : { text: '[[C]]' }));
  expect(await judgeAt(failing)([{ role: 'user', content: 'x' }])).toBe('[[C]]');
  server!.close();

  const refusing = await serve(() => ({ status: 401 }));
  await expect(judgeAt(refusing)([{ role: 'user', content: 'x' }])).rejects.toThrow('status 401');
  server!.close();

  const empty = await serve(() => ({}));
  await expect(judgeAt(empty)([{ role: 'user', content: 'x' }])).rejects.toThrow('choices[0].message.content');
});

test('a question without a baseline answer for each turn is named', () => {
  const judge = async () => '[[C]]';
  expect(() => mtBenchTask({ questions, baseline: new Map(), judge, render })).toThrow(
    "got 0 for 2 turns at question 'swh_Latn/81'",
  );
});

test('law: killed and resumed, and shared by ranks, nothing is asked twice and the scores are those of one run', async () => {
  const url = await serve(() => ({ text: 'B is better. [[B]]' }));
  const judge = judgeAt(url);
  let numJudged = 0;
  const counted: typeof judge = async (messages, options) => {
    if (numJudged === 3) throw new Error('killed');
    numJudged++;
    return judge(messages, options);
  };
  const directory = await mkdtemp(join(tmpdir(), 'texts-'));
  const run = async (rank: number, own: typeof questions, ask: typeof judge) => {
    const log = await openTextLog(directory, `rank-${rank}`);
    try {
      const task = mtBenchTask({
        questions: own,
        baseline,
        render,
        judge: loggedChat(ask, 'judge', log),
        numJudged: 1,
      });
      return (await evaluate(loggedModel(model, log), [task])).tasks.mt_bench!;
    } finally {
      await log.close();
    }
  };
  const whole = (await evaluate(model, [mtBenchTask({ questions, baseline, render, judge })])).tasks.mt_bench!;
  prompts.length = 0;
  // The judge is lost in the second question; a line is cut short as by a kill.
  expect((await run(0, questions, counted)).skipped).toHaveLength(2);
  await appendFile(join(directory, 'rank-0.jsonl'), '\n{"key":"abc","te');
  expect([numJudged, prompts.length]).toEqual([3, 6]);
  numJudged = -100;
  await run(1, questions.slice(2), counted);
  await run(0, questions.slice(0, 2), counted);
  expect([numJudged, prompts.length]).toEqual([-97, 6]);
  const never = async () => {
    throw new Error('asked again');
  };
  const resumed = await run(2, questions, never);
  expect(resumed.overall).toEqual(whole.overall);
  expect(resumed.skipped).toEqual([]);
  await rm(directory, { recursive: true });
});
