/**
 * llama.cpp as a contestant for generation, through npm's node-llama-cpp: answers the requests of `generate.program.ts` on a GGUF file.
 *
 * Usage: node llama-cpp.program.js '{"path": "model.gguf", "threads": 2}', then requests on standard input. node-llama-cpp is large and no
 * dependency: MARCO_TEST_LLAMA_CPP names the directory in which it is installed.
 * Units: seconds, as in `generate.program.ts`. Rows of a batch are sequences of one context, which llama.cpp evaluates together.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { benchError } from '../bench-error.ts';
import { medianAndSpread } from '../measure/spread.ts';
import { answerRequests } from './answer-requests.ts';
import { promptsOf, type TokenRequest } from './generate-request.ts';

interface LlamaSequence {
  evaluate(tokens: readonly number[], options: object): AsyncGenerator<number, void, void>;
}
interface LlamaContext {
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}
interface LlamaModel {
  createContext(options: object): Promise<LlamaContext>;
}
interface LlamaModule {
  getLlama(options: object): Promise<{ loadModel(options: { modelPath: string }): Promise<LlamaModel> }>;
}

const { path, threads, vocabSize } = JSON.parse(process.argv[2]!) as {
  path: string;
  threads: number;
  vocabSize: number;
};
const now = () => performance.now() / 1000;

await answerRequests<TokenRequest>(async () => {
  const { getLlama, version } = await importLlama(process.env.MARCO_TEST_LLAMA_CPP);
  const start = now();
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: false,
    logLevel: 'error',
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath: path });
  const loaded = now();

  /** The greedy tokens of each row, and the time at which the last row had each. */
  async function run(prompts: readonly Int32Array[], numTokens: number) {
    const promptLength = prompts[0]!.length;
    const context = await model.createContext({
      contextSize: promptLength + numTokens,
      batchSize: promptLength * prompts.length,
      sequences: prompts.length,
      threads,
    });
    const begin = now();
    const ends: number[] = Array.from({ length: numTokens }, () => begin);
    const rows = await Promise.all(
      prompts.map(async (prompt) => {
        const tokens: number[] = [];
        for await (const token of context
          .getSequence()
          .evaluate([...prompt], { temperature: 0, yieldEogToken: true })) {
          ends[tokens.length] = now();
          tokens.push(token);
          if (tokens.length === numTokens) break;
        }
        return tokens;
      }),
    );
    await context.dispose();
    return { rows, begin, ends };
  }

  await run(promptsOf(1, 16, vocabSize), 1);
  const firstToken = now();
  return {
    facts: { 'node-llama-cpp': version, loadSeconds: loaded - start, firstTokenSeconds: firstToken - start },
    async answer(request) {
      const { task, promptLength } = request;
      const prompts = promptsOf(task === 'greedy' ? 1 : request.batchSize, promptLength, vocabSize);
      const { rows, begin, ends } = await run(prompts, task === 'prefill' ? 1 : request.numTokens);
      if (task === 'greedy') return { tokens: rows[0] };
      if (task === 'prefill') return { seconds: ends[0]! - begin };
      return { seconds: medianAndSpread(ends.slice(1).map((end, i) => end - ends[i]!)).median };
    },
  };
});

async function importLlama(directory: string | undefined): Promise<LlamaModule & { version: string }> {
  if (!directory)
    throw benchError(
      'generate',
      'MARCO_TEST_LLAMA_CPP must name a directory with node-llama-cpp, it is not set. See the README of @marco-ts/checkpoint.',
    );
  const entry = createRequire(join(directory, 'package.json')).resolve('node-llama-cpp');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return { ...((await import(pathToFileURL(entry).href)) as LlamaModule), version };
}
