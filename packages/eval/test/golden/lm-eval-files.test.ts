import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/evaluate.ts';
import type { LanguageModel } from '../../src/model/language-model.ts';
import { lmEvalResults } from '../../src/results/lm-eval-results.ts';
import { lmEvalSampleLines, lmEvalTaskHash } from '../../src/results/lm-eval-sample.ts';
import { documentTask } from '../../src/tasks/definition/document-task.ts';
import type { Row } from '../../src/tasks/definition/task-definition.ts';
import type { TaskDocument, TaskResponse } from '../../src/tasks/task-document.ts';
import { findTasks } from '../../src/tasks/task-registry.ts';

// Made by tools/goldens/lm_eval_files.py: what lm-evaluation-harness 0.4.13 wrote; its answers are given back here.
interface Line {
  readonly doc_id: number;
  readonly filter: string;
  readonly resps: readonly (readonly (string | readonly [string, string])[])[];
}
interface Golden {
  readonly tasks: Readonly<
    Record<string, { readonly rows: Readonly<Record<string, readonly Row[]>>; readonly lines: readonly Line[] }>
  >;
  readonly results: Readonly<
    Record<'results' | 'n-shot' | 'n-samples' | 'higher_is_better' | 'task_hashes', Readonly<Record<string, unknown>>>
  >;
}
const golden: Golden = JSON.parse(readFileSync(join(import.meta.dirname, 'lm-eval-files.json'), 'utf8'));

const build = (name: string) => documentTask(findTasks([name])[0]!, golden.tasks[name]!.rows, { numFewShot: 1 });
const documentsOf = (name: string): TaskDocument[] =>
  build(name)
    .documents!.slice(0, 3)
    .map((document) => ({
      ...document,
      requests: document.requests.map((request) =>
        request.type === 'generate_until' ? { ...request, maxNewTokens: 5 } : request,
      ),
    }));
/** Per document, in the order of the requests. */
const responsesOf = (name: string): TaskResponse[][] => {
  const { lines } = golden.tasks[name]!;
  return [0, 1, 2].map((docId) =>
    lines
      .find((line) => line.doc_id === docId)!
      .resps.map(([response]) =>
        typeof response === 'string'
          ? response
          : { logProb: Number(response![0]), isGreedy: response![1] === 'True', numTokens: 1 },
      ),
  );
};

test.each(Object.keys(golden.tasks))('%s: sample lines are the same, hashes included', (name) => {
  const lines = documentsOf(name).flatMap((document, docId) => {
    const responses = responsesOf(name)[docId]!;
    const score = document.score(responses);
    if ('skipped' in score) throw new Error(score.skipped);
    return lmEvalSampleLines({ document, docId, responses, score });
  });
  const inOrder = (list: readonly { readonly doc_id?: unknown; readonly filter?: unknown }[]) =>
    [...list].sort((left, right) => `${left.filter} ${left.doc_id}`.localeCompare(`${right.filter} ${right.doc_id}`));
  expect(inOrder(lines)).toEqual(inOrder(golden.tasks[name]!.lines));
  expect(lmEvalTaskHash(lines.filter(({ filter }) => filter === golden.tasks[name]!.lines[0]!.filter))).toMatch(
    /^[0-9a-f]{64}$/,
  );
});

test('results, counts and the group have the harness’s keys and values', async () => {
  const own = Object.keys(golden.tasks).map((name) => build(name));
  const answers = new Map(Object.keys(golden.tasks).flatMap(documentAnswers));
  const model: LanguageModel = {
    loglikelihood: async (requests) =>
      requests.map(({ context, continuation }) => answers.get(`${context}\0${continuation}`) as never),
    loglikelihoodRolling: async () => [],
    generateUntil: async (requests) => requests.map(({ prompt }) => answers.get(prompt) as string),
  };
  const written = lmEvalResults(await evaluate(model, own, { limit: 3 })) as Golden['results'];
  for (const { name } of own) {
    expect(numbersOf(written.results[name]), name).toEqual(numbersOf(golden.results.results[name]));
    expect(written['n-samples'][name]).toEqual(golden.results['n-samples'][name]);
    expect(written['n-shot'][name]).toEqual(golden.results['n-shot'][name]);
    expect(written.higher_is_better[name]).toEqual(golden.results.higher_is_better[name]);
  }
  expect(Object.keys(written.results.xcopa as object).sort()).toEqual(
    Object.keys(golden.results.results.xcopa as object).sort(),
  );
});

function documentAnswers(name: string): [string, TaskResponse][] {
  return documentsOf(name).flatMap(({ requests }, index) =>
    requests.map((request, position): [string, TaskResponse] => [
      request.type === 'loglikelihood'
        ? `${request.context}\0${request.continuation}`
        : request.type === 'generate_until'
          ? request.prompt
          : '',
      responsesOf(name)[index]![position]!,
    ]),
  );
}

function numbersOf(fields: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields as Record<string, unknown>).map(([key, value]) => [
      key,
      typeof value === 'number' ? Number(value.toFixed(10)) : value,
    ]),
  );
}
