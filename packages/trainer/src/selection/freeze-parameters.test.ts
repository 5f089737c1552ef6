import { initBackend, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import { expect, test } from 'vitest';
import { freezeParameters, joinParams, withFrozen } from './freeze-parameters.ts';

const named = (...names: string[]): ParamMap => new Map(names.map((name) => [name, { name } as unknown as tf.Tensor]));

test('patterns are whole names with stars, and every parameter lands on one side in its order', () => {
  const params = named('model.layers.1.q.weight', 'model.layers.1.q.bias', 'model.layers.11.q.weight', 'model.norm');
  const { trainable, frozen } = freezeParameters(params, ['model.layers.1.*', '*norm']);
  expect([...frozen.keys()]).toEqual(['model.layers.1.q.weight', 'model.layers.1.q.bias', 'model.norm']);
  expect([...trainable.keys()]).toEqual(['model.layers.11.q.weight']);
  expect([...joinParams(params.keys(), trainable, frozen)]).toEqual([...params]);
  expect([...freezeParameters(params, []).trainable]).toEqual([...params]);
});

test('a pattern that meets nothing, or everything, is refused', () => {
  const params = named('a.weight', 'b.weight');
  expect(() => freezeParameters(params, ['a.weigh'])).toThrow(/"a.weigh", which meets none of a.weight, b.weight/);
  expect(() => freezeParameters(params, ['axweight'])).toThrow(/meets none/);
  expect(() => freezeParameters(params, ['*'])).toThrow(/got all 2 parameters frozen/);
});

test('frozen parameters get no gradient, the others the gradient they have with all', async () => {
  await initBackend({ prefer: ['cpu'] });
  tf.tidy(() => {
    const params: ParamMap = new Map([
      ['a', tf.scalar(3)],
      ['b', tf.scalar(5)],
    ]);
    const lossFn = (p: ParamMap) => ({ loss: tf.mul(p.get('a')!, p.get('b')!) as tf.Scalar, weight: 1, metrics: {} });
    const { trainable, frozen } = freezeParameters(params, ['b']);
    const { grads } = valueAndGrad(trainable, (traced) => withFrozen(lossFn, frozen)(traced, undefined));
    expect([...grads].map(([name, grad]) => [name, grad.dataSync()[0]])).toEqual([['a', 5]]);
  });
});
