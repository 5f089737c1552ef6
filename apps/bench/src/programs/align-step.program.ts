/**
 * The contestant for preference steps: the loss and gradient of DPO with cached reference log-probabilities, and of instruction tuning on the very
 * same rows, which hold the chosen and the rejected answer of every pair.
 *
 * Usage: node align-step.program.js '{"shape": ..., "threads": 2}', then `{"task": "dpo"}` or `{"task": "sft"}` on standard input.
 * Units: seconds of one loss with its gradient, read back.
 */
import { collatePreferencePairs, type EncodedPreferencePair, preferenceLoss } from '@marco-ts/aligner';
import { createRandom, disposeParams, initBackend, type LossFn, tf, valueAndGrad } from '@marco-ts/core';
import { causalLanguageModelLoss, initQwen2Params } from '@marco-ts/model';
import type { TrainStepShape } from '../train-step-shapes.ts';
import { answerRequests } from './answer-requests.ts';

const { shape, threads } = JSON.parse(process.argv[2]!) as { shape: TrainStepShape; threads: number };
/** Of each sequence; the rest is its answer. */
const PROMPT_SHARE = 0.3;
const SEQUENCES_PER_ROW = 4;

await answerRequests<{ task: 'dpo' | 'sft' }>(async () => {
  const { numThreads, simd } = await initBackend({ prefer: ['wasm'], numThreads: threads });
  const params = initQwen2Params(shape.config, 1);
  const batch = pairedBatch(shape);
  const losses: Readonly<Record<'dpo' | 'sft', LossFn<typeof batch>>> = {
    dpo: preferenceLoss({ config: shape.config, beta: 0.1 }),
    sft: causalLanguageModelLoss(shape.config),
  };
  const pass = async (task: 'dpo' | 'sft'): Promise<number> => {
    const start = performance.now();
    const { loss, aux, grads } = valueAndGrad<Record<string, tf.Tensor>>(params, (traced) => {
      const output = losses[task](traced, batch);
      return { loss: output.loss, aux: output.metrics };
    });
    await Promise.all([loss, ...Object.values(aux)].map((scalar) => scalar.data()));
    await grads.get('model.norm.weight')!.data();
    const seconds = (performance.now() - start) / 1000;
    tf.dispose([loss, ...Object.values(aux)]);
    disposeParams(grads);
    return seconds;
  };
  for (const task of ['dpo', 'sft'] as const) await pass(task);
  return {
    facts: { numThreads, simd, pairs: batch.numPairs },
    answer: async ({ task }) => ({ seconds: await pass(task) }),
  };
});

/** Full rows of random sequences of one length, reference log-probabilities included. */
function pairedBatch({ config, batchSize, sequenceLength }: TrainStepShape) {
  const random = createRandom(2);
  const length = Math.floor(sequenceLength / SEQUENCES_PER_ROW);
  const sequence = () => {
    const ids = Int32Array.from({ length }, () => random.integer(config.vocabSize));
    return { ids, labels: ids.map((id, at) => (at < PROMPT_SHARE * length ? -100 : id)) };
  };
  const numPairs = (batchSize * SEQUENCES_PER_ROW) / 2;
  const pairs: EncodedPreferencePair[] = Array.from({ length: numPairs }, () => ({
    chosen: sequence(),
    rejected: sequence(),
    language: 'und_Zzzz',
    kind: 'random',
  }));
  const places = Array.from({ length: 2 * numPairs }, (_, id) => id);
  const rows = Array.from({ length: batchSize }, (_, row) =>
    places.slice(row * SEQUENCES_PER_ROW, (row + 1) * SEQUENCES_PER_ROW),
  );
  return collatePreferencePairs(
    pairs,
    Array.from({ length: numPairs }, (_, index) => index),
    rows,
    {
      numRows: batchSize,
      sequenceLength,
      padTokenId: 0,
      reference: { chosen: new Float32Array(numPairs).fill(-100), rejected: new Float32Array(numPairs).fill(-100) },
    },
  );
}
