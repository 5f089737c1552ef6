/**
 * The contestant for generation: loads a model directory and answers how long prompts, tokens and reading memory take.
 *
 * Usage: node generate.program.js '{"directory": "...", "threads": 2}', then requests on standard input.
 * Units: seconds; `step` is the median time of one token for every row of the batch, `read` that of one GiB. Loading is timed until the
 * first token of a prompt of 16 tokens; starting Node and importing modules is not part of it. Beside it stand what says why it varies: processor time of
 * all threads, and pages of memory that the system cleared or looked up.
 */
import { initBackend, tf } from '@marco-ts/core';
import { generate } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { medianAndSpread } from '../measure/spread.ts';
import { answerRequests } from './answer-requests.ts';
import { type GenerateRequest, promptsOf } from './generate-request.ts';

const GIB = 2 ** 30;
const { directory, threads } = JSON.parse(process.argv[2]!) as { directory: string; threads: number };
const now = () => performance.now() / 1000;

await answerRequests<GenerateRequest>(async () => {
  const start = now();
  const usage = process.resourceUsage();
  const { numThreads, simd } = await initBackend({ prefer: ['wasm'], numThreads: threads });
  const { params, config } = await loadQwen2(directory);
  const loaded = now();
  const loadedUsage = process.resourceUsage();
  const used = (field: 'userCPUTime' | 'systemCPUTime' | 'minorPageFault') => loadedUsage[field] - usage[field];
  const common = { params, config, eosTokenIds: [] };
  await generate({ ...common, prompts: promptsOf(1, 16, config.vocabSize), maxNewTokens: 1 });
  const firstToken = now();
  return {
    facts: {
      numThreads,
      simd,
      loadSeconds: loaded - start,
      loadProcessorSeconds: (used('userCPUTime') + used('systemCPUTime')) / 1e6,
      loadKernelSeconds: used('systemCPUTime') / 1e6,
      loadPageFaults: used('minorPageFault'),
      firstTokenSeconds: firstToken - start,
    },
    async answer(request) {
      if (request.task === 'read') return { seconds: readOneGibibyte() };
      const { task, promptLength } = request;
      const prompts = promptsOf(task === 'greedy' ? 1 : request.batchSize, promptLength, config.vocabSize);
      if (task === 'prefill') {
        const begin = now();
        await generate({ ...common, prompts, maxNewTokens: 1 });
        return { seconds: now() - begin };
      }
      const ends: number[] = [];
      const [answer] = await generate({
        ...common,
        prompts,
        maxNewTokens: request.numTokens,
        onToken: (_, row) => {
          if (row === prompts.length - 1) ends.push(now());
        },
      });
      const steps = ends.slice(1).map((end, i) => end - ends[i]!);
      return task === 'greedy' ? { tokens: [...answer!] } : { seconds: medianAndSpread(steps).median };
    },
  };
});

/** By the product of a row with a matrix: it does little else, and no other kernel of ours reads faster. */
function readOneGibibyte(): number {
  const columns = 1024;
  const row = tf.ones([1, columns]) as tf.Tensor2D;
  const matrix = tf.ones([GIB / 4 / columns, columns]) as tf.Tensor2D;
  const read = () => tf.matMul(row, matrix, false, true).dispose();
  read();
  const start = now();
  read();
  const seconds = now() - start;
  row.dispose();
  matrix.dispose();
  return seconds;
}
