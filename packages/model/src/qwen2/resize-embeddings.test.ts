import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { initQwen2Params } from './init-qwen2-params.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { qwen2Logits } from './qwen2-hidden.ts';
import { resizeEmbeddings } from './resize-embeddings.ts';

const untied: Qwen2Config = {
  hiddenSize: 8,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  intermediateSize: 12,
  vocabSize: 10,
  maxPositionEmbeddings: 16,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: false,
  initializerRange: 0.4,
  bosTokenId: null,
  eosTokenId: 0,
};
let params: ParamMap;
let numTensors = 0;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  params = initQwen2Params(untied, 3);
});
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterAll(() => disposeParams(params));

const row = (map: ParamMap, name: string, id: number): number[] =>
  (map.get(name)!.arraySync() as number[][])[id] as number[];

test('new rows of both matrices are the means of the old ones, and old tokens keep their logits', async () => {
  const resized = await resizeEmbeddings(params, untied, [
    { id: 10, oldIds: [1, 2, 2] },
    { id: 11, oldIds: [9] },
  ]);
  expect(resized.config.vocabSize).toBe(12);
  for (const name of ['model.embed_tokens.weight', 'lm_head.weight']) {
    const [one, two] = [row(params, name, 1), row(params, name, 2)];
    const mean = row(resized.params, name, 10);
    for (const [i, value] of mean.entries()) expect(value).toBeCloseTo((one[i]! + 2 * two[i]!) / 3, 6);
    expect(row(resized.params, name, 11)).toEqual(row(params, name, 9));
  }
  const threeOf = (values: number[]) => tf.tensor2d(values, [1, 3], 'int32');
  const inputs = {
    inputIds_BL: threeOf([3, 1, 4]),
    positionIds_BL: threeOf([0, 1, 2]),
    segmentIds_BL: threeOf([0, 0, 0]),
  };
  const before = qwen2Logits(params, untied, inputs);
  const after = qwen2Logits(resized.params, resized.config, inputs);
  const old = tf.slice(after, [0, 0, 0], [1, 3, 10]);
  expect(Array.from(old.dataSync())).toEqual(Array.from(before.dataSync()));
  tf.dispose([inputs, before, after, old]);
  disposeParams(resized.params);
  expect(tf.memory().numTensors).toBe(numTensors);
});

test('rows of padding are filled first', async () => {
  const resized = await resizeEmbeddings(params, untied, [{ id: 8, oldIds: [0] }]);
  expect(resized.config.vocabSize).toBe(10);
  expect(row(resized.params, 'lm_head.weight', 8)).toEqual(row(params, 'lm_head.weight', 0));
  disposeParams(resized.params);
});

test.each([
  [[{ id: 12, oldIds: [0] }], /must follow one another from at most 10, .*, got a first id of 12/],
  [
    [
      { id: 10, oldIds: [0] },
      { id: 12, oldIds: [0] },
    ],
    /got 12 where 11 was due/,
  ],
  [[{ id: 10, oldIds: [] }], /must stand for old ones, got none for id 10/],
  [[{ id: 9, oldIds: [9] }], /must be below 9, .*, got 9 for id 9/],
])('%j is refused', async (newTokens, message) => {
  await expect(resizeEmbeddings(params, untied, newTokens)).rejects.toThrow(message);
  expect(tf.memory().numTensors).toBe(numTensors);
});
