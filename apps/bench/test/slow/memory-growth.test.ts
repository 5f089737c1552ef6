/**
 * Training does not eat memory: 1,000 steps of a tiny Qwen2 by the trainer's own loop leave as many tensors and bytes in use as 10 did,
 * with and without recomputation. Takes about 20 s.
 */
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { type CausalBatch, causalLanguageModelLoss, initQwen2Params } from '@marco-ts/model';
import { adamw, chain, clipByGlobalNorm, constant, train } from '@marco-ts/trainer';
import { beforeAll, expect, test } from 'vitest';
import { TRAIN_STEP_SHAPES } from '../../src/train-step-shapes.ts';

const NUM_STEPS = 1000;
const WARM_UP_STEPS = 10;

const CONFIG = {
  ...TRAIN_STEP_SHAPES[0]!.config,
  ...{
    hiddenSize: 32,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    intermediateSize: 64,
    vocabSize: 128,
  },
};

type Memory = Record<'numTensors' | 'wasmBytesInUse' | 'wasmBytesReserved', number>;

/** Another text at each step, with a document border and an ignored label. */
function batchAt(step: number): CausalBatch {
  const [batchSize, sequenceLength] = [2, 24];
  const inputIds = Int32Array.from(
    { length: batchSize * sequenceLength },
    (_, i) => (i * 7 + step * 13) % CONFIG.vocabSize,
  );
  const labels = inputIds.map((id, i) => (i % 11 === step % 11 ? -100 : id));
  const positionIds = inputIds.map((_, i) => i % (sequenceLength / 2));
  const segmentIds = inputIds.map((_, i) => Math.floor((i % sequenceLength) / (sequenceLength / 2)));
  return { batchSize, sequenceLength, inputIds, labels, positionIds, segmentIds };
}

beforeAll(async () => {
  await initBackend({ prefer: ['wasm'] });
});

test.each([false, true])('1,000 steps use no more memory than 10 (recompute: %s)', async (recompute) => {
  const numTensorsBefore = tf.memory().numTensors;
  const params = initQwen2Params(CONFIG, 1);
  const events = train<CausalBatch>({
    params,
    lossFn: causalLanguageModelLoss(CONFIG, { recompute }),
    batchAt: batchAt,
    numSteps: NUM_STEPS,
    optimizer: chain(clipByGlobalNorm(1), adamw({ learningRate: constant({ peak: 1e-3 }), weightDecay: 0.1 })),
  });
  const used: Memory[] = [];
  let next = await events.next();
  for (; !next.done; next = await events.next()) {
    if (next.value.type !== 'step-completed') continue;
    const { numTensors, wasmBytesInUse, wasmBytesReserved } = tf.memory() as unknown as Memory;
    used.push({ numTensors, wasmBytesInUse, wasmBytesReserved });
  }
  expect(used).toHaveLength(NUM_STEPS);
  expect(new Set(used.slice(WARM_UP_STEPS).map((u) => JSON.stringify(u)))).toEqual(
    new Set([JSON.stringify(used[WARM_UP_STEPS])]),
  );
  disposeParams(next.value.params);
  disposeParams(params);
  expect(tf.memory().numTensors).toBe(numTensorsBefore);
});
