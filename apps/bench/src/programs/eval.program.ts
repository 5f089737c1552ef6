/**
 * The contestant for evaluation: how long a model takes to score a list of contexts and continuations.
 *
 * Usage: node eval.program.js '{"directory": "...", "requests": "requests.json", "threads": 2}', then requests on standard input.
 * Units: seconds of wall clock, tokenization included.
 */
import { readFile } from 'node:fs/promises';
import { initBackend } from '@marco-ts/core';
import { type LoglikelihoodRequest, qwen2LanguageModel } from '@marco-ts/eval';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { answerRequests } from './answer-requests.ts';

export interface EvalRequest {
  /** name of a list in the file */
  readonly case: string;
}

const options = JSON.parse(process.argv[2]!) as { directory: string; requests: string; threads: number };

await answerRequests<EvalRequest>(async () => {
  const { numThreads, simd } = await initBackend({ prefer: ['wasm'], numThreads: options.threads });
  const { params, config } = await loadQwen2(options.directory);
  const tokenizer = await loadTokenizer(options.directory);
  const lists = JSON.parse(await readFile(options.requests, 'utf8')) as Record<string, LoglikelihoodRequest[]>;
  return {
    facts: { numThreads, simd },
    async answer({ case: name }) {
      const model = qwen2LanguageModel({ params, config, tokenizer });
      const start = performance.now();
      const answers = await model.loglikelihood(lists[name]!);
      const seconds = (performance.now() - start) / 1000;
      return { seconds, logProbs: answers.map(({ logProb }) => logProb) };
    },
  };
});
