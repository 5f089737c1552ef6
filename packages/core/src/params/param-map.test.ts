import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { initBackend } from '../backend/init-backend.ts';
import { globalNorm } from '../ops/global-norm.ts';
import { tf } from '../tf.ts';
import { paramsFromArrays, paramsToArrays } from './param-arrays.ts';
import { copyParams, countParams, disposeParams } from './param-map.ts';

let numTensors: number;

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

test('a copy lives on when the original is disposed, over the same bytes', () => {
  const params = new Map([['w', tf.tensor1d([1, 2])]]);
  const numBuffers = tf.memory().numDataBuffers;
  const copy = copyParams(params);
  expect(tf.memory().numDataBuffers).toBe(numBuffers);
  disposeParams(params);
  disposeParams(params);
  expect([...copy.get('w')!.dataSync()]).toEqual([1, 2]);
  expect(() => copyParams(params)).toThrow('[@marco-ts/core] copyParams: tensors must be alive, got the disposed w.');
  disposeParams(copy);
});

test('tied parameters count once', () => {
  const tied = tf.zeros([3, 4]);
  const params = new Map<string, tf.Tensor>([
    ['model.embed_tokens.weight', tied],
    ['lm_head.weight', tied],
    ['norm', tf.zeros([5])],
  ]);
  expect(countParams(params)).toBe(17);
  disposeParams(params);
});

test.each(['wasm', 'cpu'] as const)(
  'arrays go to tensors and back, in order, with copies on both ways: %s',
  async (name) => {
    await initBackend({ prefer: [name] });
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const arrays = new Map<string, { shape: number[]; data: Float32Array | Int32Array }>([
      ['b', { shape: [2, 3], data }],
      ['a', { shape: [], data: Int32Array.of(7) }],
    ]);
    const params = paramsFromArrays(arrays);
    data[0] = 99;
    expect(params.get('a')!.dtype).toBe('int32');
    const back = await paramsToArrays(params);
    expect([...back.keys()]).toEqual(['b', 'a']);
    expect(back.get('b')).toEqual({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    back.get('b')!.data[0] = 50;
    expect((await params.get('b')!.data())[0]).toBe(1);
    disposeParams(params);
  },
);

test('arrays that do not fill their shape and tensors of other types are named', async () => {
  const short = new Map([['w', { shape: [2, 2], data: new Float32Array(3) }]]);
  expect(() => paramsFromArrays(short)).toThrow('shape [2,2] holds 4 values, got 3 at w.');
  const flags = new Map([['flags', tf.tensor1d([true], 'bool')]]);
  await expect(paramsToArrays(flags)).rejects.toThrow('dtype must be float32 or int32, got bool at flags.');
  disposeParams(flags);
});

test('the norm is over all tensors, of any rank, and shows numbers that are not finite', async () => {
  const grads = new Map<string, tf.Tensor>([
    ['a', tf.tensor2d([[1, 2]])],
    ['b', tf.scalar(2)],
    ['c', tf.tensor1d([4])],
  ]);
  expect(await globalNorm(grads)).toBeCloseTo(5, 6);
  expect(await globalNorm(new Map())).toBe(0);
  const broken = new Map([...grads, ['d', tf.scalar(Number.NaN)]]);
  expect(await globalNorm(broken)).toBeNaN();
  disposeParams(broken);
});
