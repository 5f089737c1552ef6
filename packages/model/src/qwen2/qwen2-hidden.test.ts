import { disposeParams, initBackend, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { batchInputs } from '../loss/causal-batch.ts';
import { causalLanguageModelLoss } from '../loss/causal-language-model-loss.ts';
import { estimate } from './estimate.ts';
import { initQwen2Params } from './init-qwen2-params.ts';
import { ADAPTER_PREFIX, LAYER_PARAMETERS } from './parameter-shapes.ts';
import { qwen2Branches } from './qwen2-branches.ts';
import type { Qwen2Config } from './qwen2-config.ts';
import { layerWeights, qwen2Hidden, qwen2Logits } from './qwen2-hidden.ts';

const config: Qwen2Config = {
  hiddenSize: 24,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  intermediateSize: 40,
  vocabSize: 50,
  maxPositionEmbeddings: 64,
  rmsNormEps: 1e-6,
  ropeTheta: 1e4,
  tieWordEmbeddings: false,
  initializerRange: 0.3,
  bosTokenId: null,
  eosTokenId: 3,
};

const batch = (B: number, L: number) => {
  const inputIds = Int32Array.from({ length: B * L }, (_, i) => (i * 7 + 3) % config.vocabSize);
  return {
    batchSize: B,
    sequenceLength: L,
    inputIds,
    labels: inputIds,
    positionIds: inputIds.map((_, i) => i % L),
    segmentIds: new Int32Array(B * L),
  };
};

/** Bytes of the buffers made from now on that are still alive; `tf.memory()` counts a buffer once for every tensor that shares it. */
function countLiveBytes() {
  const backend = tf.backend() as unknown as {
    write(values: unknown, shape: number[], dtype: string): object;
    disposeData(id: object, force?: boolean): boolean;
  };
  const sizes = new Map<object, number>();
  const { write, disposeData } = backend;
  backend.write = (values, shape, dtype) => {
    const id = write.call(backend, values, shape, dtype);
    sizes.set(id, 4 * shape.reduce((a, b) => a * b, 1));
    return id;
  };
  backend.disposeData = (id, force) => {
    const gone = disposeData.call(backend, id, force);
    if (gone) sizes.delete(id);
    return gone;
  };
  return {
    bytes: () => [...sizes.values()].reduce((a, b) => a + b, 0),
    stop: () => Object.assign(backend, { write, disposeData }),
  };
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

test('hidden states are normalised: with unit weights their mean square is 1', () => {
  tf.tidy(() => {
    const hidden = qwen2Hidden(params, config, batchInputs(batch(2, 5)));
    expect(hidden.shape).toEqual([2, 5, 24]);
    for (const square of tf.mean(tf.square(hidden), -1).dataSync()) expect(square).toBeCloseTo(1, 4);
  });
});

test('logits of a token do not change when later tokens do', () => {
  tf.tidy(() => {
    const one = batch(1, 8);
    const other = { ...one, inputIds: one.inputIds.map((id, i) => (i < 5 ? id : 49 - id)) };
    const [a, b] = [one, other].map((tokens) => qwen2Logits(params, config, batchInputs(tokens)).dataSync());
    expect(b!.subarray(0, 5 * 50)).toEqual(a!.subarray(0, 5 * 50));
    expect(b!.subarray(5 * 50)).not.toEqual(a!.subarray(5 * 50));
  });
});

test('recomputation changes no value and no gradient', () => {
  const tokens = batch(2, 9);
  const [kept, recomputed] = [false, true].map((recompute) => {
    const lossFn = causalLanguageModelLoss(config, { recompute });
    const { loss, grads } = valueAndGrad(params, (p) => ({ loss: lossFn(p, tokens).loss }));
    const values = [loss, ...grads.values()].map((tensor) => [...tensor.dataSync()]);
    tf.dispose([loss, ...grads.values()]);
    return values;
  });
  expect(recomputed).toEqual(kept);
  expect(Math.max(...kept!.flat().map(Math.abs))).toBeGreaterThan(0);
});

describe('refused', () => {
  test.each([
    ['qwen2Hidden', qwen2Hidden],
    ['qwen2Logits', qwen2Logits],
  ] as const)('%s: ids past the vocabulary, with their place', (name, forward) => {
    const tokens = batch(2, 4);
    tokens.inputIds[6] = 50;
    tf.tidy(() => {
      expect(() => forward(params, config, batchInputs(tokens))).toThrow(
        `[@marco-ts/model] ${name}: ids must be from 0 and below vocabSize 50, got 50 at inputIds_BL[1,2]. Did you resize the embeddings?`,
      );
    });
  });

  test('shapes that disagree', () => {
    tf.tidy(() => {
      const inputs = { ...batchInputs(batch(1, 4)), segmentIds_BL: tf.zeros([1, 5], 'int32') as tf.Tensor2D };
      expect(() => qwen2Hidden(params, config, inputs)).toThrow(
        /qwen2Hidden: L must be one size.*segmentIds_BL \[1,5\]/,
      );
    });
  });

  test('a missing parameter', () => {
    tf.tidy(() => {
      const fewer = new Map([...params].filter(([name]) => name !== 'model.layers.1.mlp.up_proj.weight'));
      expect(() => qwen2Hidden(fewer, config, batchInputs(batch(1, 4)))).toThrow(
        /got none called model.layers.1.mlp.up_proj.weight/,
      );
      const headless = new Map([...params].filter(([name]) => name !== 'lm_head.weight'));
      expect(() => qwen2Logits(headless, config, batchInputs(batch(1, 4)))).toThrow(/got none called lm_head.weight/);
    });
  });
});

describe('estimate', () => {
  test('FLOPs are those of the matrix products, counted one by one', () => {
    const L = 6;
    const { hiddenSize: D, intermediateSize: F, vocabSize: V } = config;
    const perLayer = 2 * (D * D + 2 * D * (D / 2) + D * D + 3 * D * F);
    let attention = 0;
    for (let position = 0; position < L; position++) attention += (2 * 2 * D * (position + 1)) / L;
    const { forwardFlopsPerToken, trainingFlopsPerToken } = estimate(config, { sequenceLength: L });
    expect(forwardFlopsPerToken).toBeCloseTo(3 * (perLayer + attention) + 2 * D * V, 6);
    expect(trainingFlopsPerToken).toBeCloseTo(3 * forwardFlopsPerToken, 6);
    const recomputed = estimate(config, { sequenceLength: L, recompute: true });
    expect(recomputed.trainingFlopsPerToken - trainingFlopsPerToken).toBeCloseTo(3 * (perLayer + attention), 6);
  });

  test('about 6 FLOPs per parameter and token of training for a large model', () => {
    const large = {
      ...config,
      hiddenSize: 4096,
      numAttentionHeads: 32,
      numKeyValueHeads: 8,
      intermediateSize: 14_336,
      numHiddenLayers: 32,
      vocabSize: 32_000,
    };
    const { numParams, trainingFlopsPerToken } = estimate(large, { sequenceLength: 512 });
    expect(trainingFlopsPerToken / numParams).toBeGreaterThan(5.8);
    expect(trainingFlopsPerToken / numParams).toBeLessThan(6.3);
  });

  test.each([false, true])('activations kept by each layer are as measured, recompute %s', (recompute) => {
    const tokens = batch(4, 16);
    const keptBytes = (numHiddenLayers: number) => {
      const some = { ...config, numHiddenLayers };
      const lossFn = causalLanguageModelLoss(some, { recompute });
      const someParams = initQwen2Params(some, 1);
      const live = countLiveBytes();
      let kept = 0;
      const { loss, grads } = valueAndGrad(someParams, (p) => {
        const output = lossFn(p, tokens);
        kept = live.bytes();
        return { loss: output.loss };
      });
      live.stop();
      tf.dispose([loss, ...grads.values()]);
      disposeParams(someParams);
      return kept;
    };
    const estimated = (numHiddenLayers: number) =>
      estimate({ ...config, numHiddenLayers }, { batchSize: 4, sequenceLength: 16, recompute }).activationBytes;
    const ratio = (estimated(3) - estimated(1)) / (keptBytes(3) - keptBytes(1));
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  test('recomputation saves memory and costs FLOPs; a longer batch costs more', () => {
    const plain = estimate(config, { batchSize: 8, sequenceLength: 64 });
    const recomputed = estimate(config, { batchSize: 8, sequenceLength: 64, recompute: true });
    expect(recomputed.activationBytes).toBeLessThan(plain.activationBytes);
    expect(recomputed.trainingFlopsPerToken).toBeGreaterThan(plain.trainingFlopsPerToken);
    expect(plain.trainingBytes).toBe(4 * plain.weightBytes + plain.activationBytes);
    expect(estimate(config, { batchSize: 9, sequenceLength: 64 }).activationBytes).toBeGreaterThan(
      plain.activationBytes,
    );
    expect(plain.keyValueBytesPerToken).toBe(3 * 2 * 2 * 6 * 4);
    expect(() => estimate(config, { batchSize: 0 })).toThrow(/batchSize must be a whole number from 1, got 0/);
  });
});

test('law: branches of a memory give what each whole text gives alone, where it is asked about', () => {
  const params = initQwen2Params(config, 5);
  const numTensors = tf.memory().numTensors;
  const start = [4, 9, 2, 7, 1];
  const tails = [[3, 8, 6], [5], [11, 12, 13, 14]];
  const firstAsked = [1, 0, 4];
  const first = qwen2Branches(
    params,
    config,
    [{ ids: Int32Array.from(start), earlier: new Int32Array(0), firstAsked: start.length }],
    undefined,
    { keep: true },
  );
  expect(first.hidden_QD).toBeUndefined();
  const earlier = Int32Array.from(start.keys());
  const branches = tails.map((ids, index) => ({ ids: Int32Array.from(ids), earlier, firstAsked: firstAsked[index]! }));
  const { hidden_QD, memory } = qwen2Branches(params, config, branches, first.memory);
  expect(memory).toBeUndefined();
  const expected = tails.flatMap((tail, index) => {
    const ids = [...start, ...tail];
    return tf
      .tidy(() =>
        qwen2Hidden(params, config, {
          inputIds_BL: tf.tensor2d(ids, [1, ids.length], 'int32'),
          positionIds_BL: tf.tensor2d([...ids.keys()], [1, ids.length], 'int32'),
          segmentIds_BL: tf.zeros([1, ids.length], 'int32') as tf.Tensor2D,
        }).arraySync(),
      )[0]!
      .slice(start.length + firstAsked[index]!);
  });
  const own = hidden_QD!.arraySync();
  expect(own).toHaveLength(3);
  for (const [row, values] of expected.entries()) {
    for (const [column, value] of values.entries()) expect(own[row]![column]).toBeCloseTo(value, 4);
  }
  expect(() =>
    qwen2Branches(params, config, [{ ids: Int32Array.of(50), earlier, firstAsked: 0 }], first.memory),
  ).toThrow('got 50');
  hidden_QD!.dispose();
  first.memory!.dispose();
  expect(tf.memory().numTensors).toBe(numTensors);
  disposeParams(params);
});

test('an adapter adds its two matrices to a layer and takes the place of nothing', () => {
  const [own, a, b, other] = [tf.scalar(1), tf.scalar(2), tf.scalar(3), tf.scalar(4)];
  const layer = 'model.layers.1.';
  const params = new Map<string, tf.Tensor>(LAYER_PARAMETERS.map((name) => [layer + name, own]));
  params.set(`${ADAPTER_PREFIX}${layer}self_attn.q_proj.lora_A.weight`, a);
  params.set(`${ADAPTER_PREFIX}${layer}self_attn.q_proj.lora_B.weight`, b);
  params.set(`${ADAPTER_PREFIX}${layer}self_attn.q_proj.bias`, other);
  params.set(`${ADAPTER_PREFIX}model.layers.0.mlp.up_proj.lora_A.weight`, other);
  const ofLayer = LAYER_PARAMETERS.map((name) => [name, own] as const);
  expect(layerWeights('test', params, 1, false)).toEqual(new Map(ofLayer));
  expect(layerWeights('test', params, 1, true)).toEqual(
    new Map([...ofLayer, ['self_attn.q_proj.lora_A.weight', a], ['self_attn.q_proj.lora_B.weight', b]]),
  );
  tf.dispose([own, a, b, other]);
});
