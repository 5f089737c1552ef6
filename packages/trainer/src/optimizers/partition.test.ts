import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { adamw } from './adamw.ts';
import { isHiddenMatrix, muon } from './muon.ts';
import { orthogonalize } from './orthogonalize.ts';
import { partition } from './partition.ts';

let tensorsBefore: number;
beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const rest = () => true;
const both = () =>
  partition(
    { select: isHiddenMatrix, optimizer: muon({ learningRate: () => 0.1 }) },
    { select: rest, optimizer: adamw({ learningRate: () => 0.01 }) },
  );

test('each parameter is updated by its own optimizer alone, in the order that came in', async () => {
  const params: ParamMap = new Map<string, tf.Tensor>([
    ['model.embed_tokens.weight', tf.tensor2d([1, 2, 3, 4], [2, 2])],
    ['model.layers.0.mlp.up_proj.weight', tf.tensor2d([1, 0, 0, 1], [2, 2])],
    ['model.norm.weight', tf.tensor1d([1, 1])],
  ]);
  const grads: ParamMap = new Map([...params].map(([name, param]) => [name, tf.onesLike(param)]));
  const optimizer = both();
  const state = optimizer.init(params);
  expect([...state.keys()]).toEqual([
    'muon/momentum/model.layers.0.mlp.up_proj.weight',
    'adamw/m/model.embed_tokens.weight',
    'adamw/v/model.embed_tokens.weight',
    'adamw/m/model.norm.weight',
    'adamw/v/model.norm.weight',
  ]);
  const next = await optimizer.step(params, { grads, scale: 1 }, state, 0);
  expect([...next.params.keys()]).toEqual([...params.keys()]);
  expect(next.metrics).toEqual({ learningRate: 0.1, 'learningRate/adamw': 0.01 });
  const alone = muon({ learningRate: () => 0.1 });
  const name = 'model.layers.0.mlp.up_proj.weight';
  const only = (map: ParamMap) => new Map([[name, map.get(name)!]]);
  const aloneState = alone.init(only(params));
  const expected = await alone.step(only(params), { grads: only(grads), scale: 1 }, aloneState, 0);
  expect(await next.params.get(name)!.data()).toEqual(await expected.params.get(name)!.data());
  expect((await next.params.get('model.norm.weight')!.data())[0]).toBeCloseTo(0.99, 6);
  const maps = [params, grads, state, next.params, next.state, aloneState, expected.params, expected.state];
  for (const map of maps) disposeParams(map);
});

test('orthogonalize brings every singular value near 1, whatever the shape', () => {
  for (const shape of [
    [4, 9],
    [9, 4],
    [5, 5],
  ] as const) {
    const matrix = tf.randomNormal([...shape], 0, 3, 'float32', 5) as tf.Tensor2D;
    const near = orthogonalize(matrix);
    // Frobenius norm² is the sum of the squared singular values.
    const sum = tf.tidy(() => tf.sum(tf.square(near)).dataSync()[0]!);
    const rank = Math.min(...shape);
    expect(sum / rank).toBeGreaterThan(0.5);
    expect(sum / rank).toBeLessThan(1.4);
    tf.dispose([matrix, near]);
  }
});

test('a parameter of no part, two parts of one name, and a vector for Muon are refused', () => {
  const params: ParamMap = new Map([['b', tf.tensor1d([1])]]);
  expect(() => partition({ select: isHiddenMatrix, optimizer: muon({ learningRate: () => 1 }) }).init(params)).toThrow(
    /got b that none selects/,
  );
  const same = { select: rest, optimizer: adamw({ learningRate: () => 1 }) };
  expect(() => partition(same, same)).toThrow(/adamw twice/);
  expect(() => muon({ learningRate: () => 1 }).init(params)).toThrow(/must be matrices, got \[1\] at b/);
  expect(() => muon({ learningRate: () => 1, momentum: 1 })).toThrow(/momentum/);
  expect(() => muon({ learningRate: () => 1, weightDecay: -1 })).toThrow(/weightDecay/);
  expect(() => muon({ learningRate: () => 1, numSteps: 0 })).toThrow(/numSteps/);
  disposeParams(params);
});

test("only weight matrices inside the layers are Muon's", () => {
  const matrix = { rank: 2 } as tf.Tensor;
  expect(isHiddenMatrix('model.layers.3.self_attn.q_proj.weight', matrix)).toBe(true);
  expect(isHiddenMatrix('model.embed_tokens.weight', matrix)).toBe(false);
  expect(isHiddenMatrix('lm_head.weight', matrix)).toBe(false);
  expect(isHiddenMatrix('model.layers.3.self_attn.q_proj.bias', { rank: 1 } as tf.Tensor)).toBe(false);
});
