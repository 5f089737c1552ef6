import {
  createRandom,
  disposeParams,
  IGNORE_INDEX,
  initBackend,
  type ParamMap,
  tf,
  valueAndGrad,
} from '@marco-ts/core';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { initQwen2Params } from '../qwen2/init-qwen2-params.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { qwen2Logits } from '../qwen2/qwen2-hidden.ts';
import { batchInputs, type CausalBatch } from './causal-batch.ts';
import { causalLanguageModelLoss } from './causal-language-model-loss.ts';
import { predictedTokens } from './predicted-tokens.ts';
import { tokenNll } from './token-nll.ts';

const config: Qwen2Config = {
  hiddenSize: 16,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  numKeyValueHeads: 1,
  intermediateSize: 24,
  vocabSize: 30,
  maxPositionEmbeddings: 32,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: true,
  initializerRange: 0.3,
  bosTokenId: null,
  eosTokenId: null,
};

/** Rows of random documents with padding at the right; a share of the labels ignored. */
function randomBatch(seed: number, B: number, L: number, ignored: number): CausalBatch {
  const random = createRandom(seed);
  const inputIds = Int32Array.from({ length: B * L }, () => random.integer(config.vocabSize));
  const segmentIds = new Int32Array(B * L);
  const positionIds = new Int32Array(B * L);
  for (let row = 0; row < B; row++) {
    const numPadding = random.integer(3);
    for (let t = 1; t < L; t++) {
      const i = row * L + t;
      const starts = random.uniform() < 0.2;
      segmentIds[i] = segmentIds[i - 1]! + (starts ? 1 : 0);
      positionIds[i] = starts ? 0 : positionIds[i - 1]! + 1;
    }
    for (let t = L - numPadding; t < L; t++) segmentIds[row * L + t] = -1;
  }
  const labels = inputIds.map((id) => (random.uniform() < ignored ? IGNORE_INDEX : id));
  return { batchSize: B, sequenceLength: L, inputIds, labels, positionIds, segmentIds };
}

/** The definition, position by position, from the logits. */
function naiveNll(params: ParamMap, batch: CausalBatch): number[] {
  const { batchSize: B, sequenceLength: L, labels, segmentIds } = batch;
  const logits = tf.tidy(() => qwen2Logits(params, config, batchInputs(batch)).arraySync());
  const nll: number[] = [];
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < L; t++) {
      const next = b * L + t + 1;
      const predicts =
        t + 1 < L &&
        segmentIds[next - 1]! >= 0 &&
        segmentIds[next] === segmentIds[next - 1] &&
        labels[next] !== IGNORE_INDEX;
      const row = logits[b]![t]!;
      nll.push(predicts ? Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[labels[next]!]! : 0);
    }
  }
  return nll;
}

let params: ParamMap;
let numTensors = 0;
beforeAll(() => initBackend({ prefer: ['cpu'] }));
beforeEach(() => {
  params = initQwen2Params(config, 5);
  numTensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
});

test('predictedTokens: each row predicts the next token of its segment, and no other', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 3, max: 9 }), (seed, B, L) => {
      const batch = randomBatch(seed, B, L, 0.3);
      const { targets, rows } = predictedTokens(batch);
      for (let i = 0; i < B * L; i++) {
        const sameRow = Math.floor((i + 1) / L) === Math.floor(i / L);
        const label =
          sameRow && batch.segmentIds[i]! >= 0 && batch.segmentIds[i + 1] === batch.segmentIds[i]
            ? batch.labels[i + 1]
            : IGNORE_INDEX;
        expect(targets[i]).toBe(label);
        expect(rows.includes(i)).toBe(label !== IGNORE_INDEX);
      }
    }),
  );
});

test.each([0, 0.05, 0.5, 0.95])(
  'tokenNll and the loss are those of the definition, with %d of the labels ignored',
  (ignored) => {
    for (let seed = 0; seed < 4; seed++) {
      const batch = randomBatch(seed, 3, 12, ignored);
      const expected = naiveNll(params, batch);
      tf.tidy(() => {
        const nll = tokenNll(params, config, batch);
        expect(nll.shape).toEqual([3, 12]);
        const { loss, weight, tokenNll_BL } = causalLanguageModelLoss(config)(params, batch);
        for (const [i, value] of expected.entries()) expect(nll.dataSync()[i]).toBeCloseTo(value, 4);
        expect(tokenNll_BL!.dataSync()).toEqual(nll.dataSync());
        expect(weight).toBe(expected.filter((value) => value !== 0).length);
        expect(loss.dataSync()[0]).toBeCloseTo(
          expected.reduce((a, b) => a + b, 0),
          3,
        );
      });
    }
  },
);

test('every token is differentiable, whether rows are dropped or not', () => {
  for (const ignored of [0, 0.6]) {
    const batch = randomBatch(7, 2, 10, ignored);
    const direct = valueAndGrad(params, (p) => ({ loss: causalLanguageModelLoss(config)(p, batch).loss }));
    const throughTokens = valueAndGrad(params, (p) => ({
      loss: tf.sum(tf.mul(tokenNll(p, config, batch), 2)) as tf.Scalar,
    }));
    for (const [name, grad] of direct.grads) {
      const doubled = throughTokens.grads.get(name)!.dataSync();
      const values = grad.dataSync();
      const scale = Math.max(...values.map(Math.abs));
      for (let i = 0; i < values.length; i++)
        expect(Math.abs(doubled[i]! - 2 * values[i]!)).toBeLessThanOrEqual(1e-5 * scale);
    }
    tf.dispose([direct.loss, throughTokens.loss, ...direct.grads.values(), ...throughTokens.grads.values()]);
  }
});

test('the gradient agrees with finite differences of the loss', () => {
  const batch = randomBatch(3, 2, 8, 0.4);
  const lossFn = causalLanguageModelLoss(config);
  const lossAt = (p: ParamMap) => tf.tidy(() => lossFn(p, batch).loss.dataSync()[0]!);
  const { loss, grads } = valueAndGrad(params, (p) => ({ loss: lossFn(p, batch).loss }));
  for (const name of [
    'model.embed_tokens.weight',
    'model.layers.0.self_attn.k_proj.bias',
    'model.layers.0.mlp.down_proj.weight',
    'model.norm.weight',
  ]) {
    const grad = grads.get(name)!.dataSync() as Float32Array;
    const squares = grad.reduce((a, b) => a + b * b, 0);
    // Along the gradient itself the slope is its length: one direction that tests all elements.
    const step = 2e-3 / Math.sqrt(squares);
    const moved = (sign: number) => {
      const tensor = tf.tidy(() => tf.add(params.get(name)!, tf.mul(grads.get(name)!, sign * step)));
      const value = lossAt(new Map([...params, [name, tensor]]));
      tensor.dispose();
      return value;
    };
    expect((moved(1) - moved(-1)) / (2 * step) / squares, name).toBeCloseTo(1, 1);
  }
  tf.dispose([loss, ...grads.values()]);
});

test('nothing to predict: loss and weight are 0, and every gradient', () => {
  const batch = { ...randomBatch(1, 2, 6, 0), labels: new Int32Array(12).fill(IGNORE_INDEX) };
  let weight = -1;
  const { loss, grads } = valueAndGrad(params, (p) => {
    const output = causalLanguageModelLoss(config)(p, batch);
    weight = output.weight;
    return { loss: output.loss };
  });
  expect([weight, loss.dataSync()[0]]).toEqual([0, 0]);
  for (const grad of grads.values()) expect(grad.dataSync().every((value) => value === 0)).toBe(true);
  tf.dispose([loss, ...grads.values()]);
});

describe('refused', () => {
  const spoilt = (change: (batch: CausalBatch) => Partial<CausalBatch>) => {
    const batch = randomBatch(1, 2, 6, 0);
    return { ...batch, ...change(batch) };
  };
  test.each<[string, CausalBatch, RegExp]>([
    [
      'an id past the vocabulary',
      spoilt((b) => ({ inputIds: b.inputIds.with(7, 30) })),
      /below vocabSize 30, got 30 at inputIds\[1,1\]/,
    ],
    ['a negative id', spoilt((b) => ({ inputIds: b.inputIds.with(0, -1) })), /got -1 at inputIds\[0,0\]/],
    ['a label past the vocabulary', spoilt((b) => ({ labels: b.labels.with(11, 31) })), /got 31 at labels\[1,5\]/],
    [
      'a label that is neither an id nor IGNORE_INDEX',
      spoilt((b) => ({ labels: b.labels.with(1, -1) })),
      /got -1 at labels\[0,1\]/,
    ],
    [
      'a position past the context',
      spoilt((b) => ({ positionIds: b.positionIds.with(2, 32) })),
      /below maxPositionEmbeddings 32, got 32 at positionIds\[0,2\]/,
    ],
    [
      'too few items',
      spoilt((b) => ({ segmentIds: b.segmentIds.subarray(1) })),
      /segmentIds must be an Int32Array of batchSize \* sequenceLength = 2 \* 6 items, got Int32Array of 11/,
    ],
    [
      'another array',
      spoilt((b) => ({ labels: [...b.labels] as never })),
      /labels must be an Int32Array.*got Array of 12/,
    ],
  ])('%s', (_, batch, message) => {
    expect(() => tokenNll(params, config, batch)).toThrow(message);
    expect(() => causalLanguageModelLoss(config)(params, batch)).toThrow(message);
  });
});
