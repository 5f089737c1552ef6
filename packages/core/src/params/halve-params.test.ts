import { expect, test } from 'vitest';
import { initBackend } from '../backend/init-backend.ts';
import { tf } from '../tf.ts';
import { halveParams } from './halve-params.ts';
import { disposeParams } from './param-map.ts';

test('a backend without such a storage keeps every bit, in tensors of their own', async () => {
  await initBackend({ prefer: ['cpu'] });
  const numTensors = tf.memory().numTensors;
  const params = new Map<string, tf.Tensor>([
    ['weight', tf.tensor2d([[1 + 2 ** -20, 2]])],
    ['norm', tf.tensor1d([3])],
  ]);
  const halved = halveParams(params);
  disposeParams(params);
  expect([...halved.keys()]).toEqual(['weight', 'norm']);
  expect([...(await halved.get('weight')!.data())]).toEqual([1 + 2 ** -20, 2]);
  disposeParams(halved);
  expect(tf.memory().numTensors).toBe(numTensors);
});
