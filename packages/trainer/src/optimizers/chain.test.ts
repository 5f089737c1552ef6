import { disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { beforeAll, expect, test } from 'vitest';
import { adamw, decaysByDefault } from './adamw.ts';
import { chain } from './chain.ts';
import { clipByGlobalNorm } from './clip-by-global-norm.ts';
import type { GradientTransform } from './optimizer.ts';

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});

const negate: GradientTransform = {
  name: 'negate',
  init: () => new Map([['count', tf.scalar(0)]]),
  async update({ grads, scale }, state) {
    return {
      updates: { grads: new Map([...grads].map(([name, grad]) => [name, tf.neg(grad)])), scale },
      state: new Map([['count', tf.add(state.get('count')!, 1)]]),
      metrics: { negated: grads.size },
    };
  },
};

test('links run in order, states lie under their names, gradients made inside are freed', async () => {
  const tensorsBefore = tf.memory().numTensors;
  const params: ParamMap = new Map([['w', tf.tensor1d([1, 2])]]);
  const grads: ParamMap = new Map([['w', tf.tensor1d([3, 4])]]);
  const optimizer = chain(negate, clipByGlobalNorm(1), negate2(), adamw({ learningRate: () => 0.5 }));
  const state = optimizer.init(params);
  expect([...state.keys()]).toEqual(['negate/count', 'negate2/count', 'adamw/m/w', 'adamw/v/w']);
  const next = await optimizer.step(params, { grads, scale: 1 }, state, 0);
  // Two negations cancel: the first AdamW step moves each weight by the rate against its gradient.
  expect([...(await next.params.get('w')!.data())]).toEqual([expect.closeTo(0.5, 5), expect.closeTo(1.5, 5)]);
  expect((await next.state.get('negate/count')!.data())[0]).toBe(1);
  expect(next.metrics).toEqual({ negated: 1, gradNorm: 5, learningRate: 0.5 });
  expect([...(await grads.get('w')!.data())]).toEqual([3, 4]);
  for (const map of [params, grads, state, next.params, next.state]) disposeParams(map);
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const negate2 = (): GradientTransform => ({ ...negate, name: 'negate2' });

test('parameters without a gradient pass through; unknown gradients are refused', async () => {
  const params: ParamMap = new Map([
    ['frozen', tf.tensor1d([1])],
    ['w', tf.tensor1d([1])],
  ]);
  const grads: ParamMap = new Map([['w', tf.tensor1d([1])]]);
  const optimizer = adamw({ learningRate: () => 0.1 });
  const state = optimizer.init(params);
  const next = await optimizer.step(params, { grads, scale: 1 }, state, 0);
  expect(next.params.get('frozen')).toBe(params.get('frozen'));
  expect((await next.params.get('w')!.data())[0]).toBeCloseTo(0.9, 5);
  await expect(
    optimizer.step(params, { grads: new Map([['other', grads.get('w')!]]), scale: 1 }, state, 0),
  ).rejects.toThrow(/other/);
  await expect(optimizer.step(params, { grads, scale: 1 }, new Map(), 0)).rejects.toThrow(/state must hold m\//);
  for (const map of [params, grads, state, next.params, next.state]) disposeParams(map);
});

test('norms and biases do not decay', () => {
  const names = [
    'model.embed_tokens.weight',
    'lm_head.weight',
    'model.layers.0.self_attn.q_proj.weight',
    'model.layers.0.self_attn.q_proj.bias',
    'model.layers.0.input_layernorm.weight',
    'model.layers.0.self_attn.q_norm.weight',
    'model.norm.weight',
  ];
  expect(names.filter(decaysByDefault)).toEqual(names.slice(0, 3));
});

test('wrong chains and settings are refused', () => {
  const end = adamw({ learningRate: () => 1 });
  expect(() => chain(clipByGlobalNorm(1) as never)).toThrow(/last link must be an optimizer/);
  expect(() => chain(end as never, end)).toThrow(/only the last link may be an optimizer/);
  expect(() => chain(clipByGlobalNorm(1), clipByGlobalNorm(2), end)).toThrow(/clipByGlobalNorm twice/);
  expect(() => clipByGlobalNorm(0)).toThrow(/maxNorm/);
  expect(() => adamw({ learningRate: () => 1, beta2: 1 })).toThrow(/beta2/);
  expect(() => adamw({ learningRate: () => 1, eps: 0 })).toThrow(/eps/);
  expect(() => adamw({ learningRate: () => 1, weightDecay: -1 })).toThrow(/weightDecay/);
});
