import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { disposeParams, initBackend, type ParamMap } from '@marco-ts/core';
import { parseQwen2Config } from '@marco-ts/model';
import { createTokenizer } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// The weights of the golden models, from the formula that tools/goldens/qwen2.py states.
import { formulaParams } from '../../../model/test/golden/formula-weights.ts';
import { evaluate } from '../../src/evaluate.ts';
import type { LanguageModel } from '../../src/model/language-model.ts';
import { qwen2LanguageModel } from '../../src/model/qwen2-language-model.ts';
import { documentTask } from '../../src/tasks/definition/document-task.ts';
import type { Row } from '../../src/tasks/definition/task-definition.ts';
import { askDocuments, type TaskDocument, type TaskResponse } from '../../src/tasks/task-document.ts';
import { findTasks } from '../../src/tasks/task-registry.ts';

// Made by tools/goldens/lm_eval_tasks.py: the harness's own task files on rows of ours. Requests, answers and scores are equal,
// log-likelihoods within 1e-4 nats.
interface GoldenDocument {
  readonly requests: readonly (readonly [string, string | { readonly until: readonly string[] }])[];
  readonly responses: readonly (readonly [number, boolean] | string)[];
  readonly metrics: Readonly<Record<string, number>>;
}
interface GoldenRun {
  readonly results: Readonly<Record<string, number>>;
  readonly documents: readonly GoldenDocument[];
}
interface GoldenTask extends GoldenRun {
  readonly name: string;
  readonly numFewShot: number;
  readonly version: number;
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly scripted?: GoldenRun;
}

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'));
const golden: { config: Parameters<typeof parseQwen2Config>[0]; tasks: readonly GoldenTask[] } =
  read('lm-eval-tasks.json');

let params: ParamMap;
let model: LanguageModel;
beforeAll(async () => {
  await initBackend({ prefer: ['wasm', 'cpu'] });
  const config = parseQwen2Config(golden.config);
  params = formulaParams(config);
  const tokenizer = createTokenizer({
    tokenizerJson: read('lm-eval-tokenizer.json'),
    tokenizerConfig: { eos_token: '<|endoftext|>' },
  });
  model = qwen2LanguageModel({ params, config, tokenizer });
});
afterAll(() => disposeParams(params));

const build = ({ name, rows, numFewShot }: GoldenTask) => documentTask(findTasks([name])[0]!, rows, { numFewShot });

test('the goldens are of 25 tasks or more', () => {
  expect(golden.tasks.length).toBeGreaterThanOrEqual(25);
});

describe.each(golden.tasks.map((task) => [task.name, task] as const))('%s', (_, task) => {
  test('makes the same requests', () => {
    const { documents, version } = build(task);
    expect(version).toBe(task.version);
    expect(documents!.map(({ requests }) => requests.map(asHarness))).toEqual(
      task.documents.map(({ requests }) =>
        requests.map(([context, argument]) => [context, typeof argument === 'string' ? argument : argument.until]),
      ),
    );
  });

  test('gets the same answers and scores from the same model', async () => {
    const own = build(task);
    const documents = own.documents!.map(shortened);
    const answers = await askDocuments(model, documents);
    for (const [index, { responses }] of task.documents.entries()) {
      for (const [position, response] of responses.entries()) {
        const answer = answers[index]![position]!;
        if (typeof response === 'string') {
          expect(answer).toBe(response);
          continue;
        }
        const { logProb, isGreedy } = answer as { logProb: number; isGreedy: boolean };
        expect(Math.abs(logProb - response[0])).toBeLessThan(1e-4);
        expect(isGreedy).toBe(response[1]);
      }
    }
    await expectScores(task, task, answers);
  });

  const { scripted } = task;
  if (!scripted) return;
  test('scores variations of the reference as the harness does', async () => {
    await expectScores(
      task,
      scripted,
      scripted.documents.map(({ responses }) => responses as TaskResponse[]),
    );
  });
});

/** Per document and overall, with the answers given instead of asked for. */
async function expectScores(task: GoldenTask, run: GoldenRun, answers: readonly (readonly TaskResponse[])[]) {
  const own = build(task);
  for (const [index, document] of own.documents!.entries()) {
    const score = document.score(answers[index]!);
    if (!('statistics' in score)) throw new Error(score.skipped);
    for (const [metric, { kind }] of Object.entries(own.metrics)) {
      const expected = run.documents[index]!.metrics[metric.includes(',') ? metric : `${metric},none`];
      if (kind.type !== 'ratio' || expected === undefined) continue;
      expect(
        score.statistics[metric]![0]! / score.statistics[metric]![1]!,
        `${metric} of document ${index}`,
      ).toBeCloseTo(expected, 12);
    }
  }
  const { metrics } = (await evaluate(answering(own.documents!, answers), [own])).tasks[task.name]!.overall;
  let numCompared = 0;
  for (const [key, expected] of Object.entries(run.results)) {
    const value = metrics[key.endsWith(',none') ? key.slice(0, -5) : key];
    if (value === undefined) throw new Error(`no metric ${key}`);
    expect(value.value, key).toBeCloseTo(expected, 9);
    numCompared++;
  }
  expect(numCompared).toBeGreaterThan(0);
}

function asHarness(request: TaskDocument['requests'][number]) {
  if (request.type === 'loglikelihood') return [request.context, request.continuation];
  return request.type === 'generate_until' ? [request.prompt, request.until] : [request.text];
}

function shortened(document: TaskDocument): TaskDocument {
  return {
    ...document,
    requests: document.requests.map((request) =>
      request.type === 'generate_until' ? { ...request, maxNewTokens: 12 } : request,
    ),
  };
}

/** A model that gives the answers of the documents in their order. */
function answering(documents: readonly TaskDocument[], answers: readonly (readonly TaskResponse[])[]): LanguageModel {
  const flat = <Kind>(): Kind[] =>
    documents
      .flatMap((_, index) => answers[index] as Kind[])
      .map((answer) =>
        Array.isArray(answer) ? ({ logProb: answer[0], isGreedy: answer[1], numTokens: 1 } as Kind) : answer,
      );
  return {
    loglikelihood: async () => flat(),
    loglikelihoodRolling: async () => flat(),
    generateUntil: async () => flat(),
  };
}
