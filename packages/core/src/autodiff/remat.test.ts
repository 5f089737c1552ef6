import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formulaTensor } from '../../test/formula-values.ts';
import { initBackend } from '../backend/init-backend.ts';
import { embedding } from '../ops/embedding.ts';
import { linear } from '../ops/linear.ts';
import { rmsNorm } from '../ops/rms-norm.ts';
import { swiglu } from '../ops/swiglu.ts';
import { disposeParams, type ParamMap } from '../params/param-map.ts';
import { tf } from '../tf.ts';
import { remat } from './remat.ts';
import { valueAndGrad } from './value-and-grad.ts';

const BLOCKS = 6;
type Block = (x: tf.Tensor3D, norm: tf.Tensor1D, gate: tf.Tensor2D, up: tf.Tensor2D, down: tf.Tensor2D) => tf.Tensor3D;

const block: Block = (x, norm, gate, up, down) => {
  const normalized = rmsNorm(x, norm, 1e-6);
  return tf.add(x, linear(swiglu(linear(normalized, gate), linear(normalized, up)), down));
};

function buildParams(): ParamMap {
  const params = new Map<string, tf.Tensor>([['embed', formulaTensor(1, [10, 16])]]);
  for (let index = 0; index < BLOCKS; index++) {
    params.set(`${index}.norm`, tf.ones([16]));
    params.set(`${index}.gate`, formulaTensor(10 * index + 2, [48, 16]));
    params.set(`${index}.up`, formulaTensor(10 * index + 3, [48, 16]));
    params.set(`${index}.down`, formulaTensor(10 * index + 4, [16, 48]));
  }
  return params;
}

/** A chain of blocks; `wrap` decides how each block is run. */
function lossWith(wrap: (index: number, ...inputs: Parameters<Block>) => tf.Tensor3D) {
  return (p: ParamMap) => {
    const ids_BL = tf.tensor2d(
      Array.from({ length: 64 }, (_, index) => index % 10),
      [2, 32],
      'int32',
    );
    let x = embedding(ids_BL, p.get('embed') as tf.Tensor2D);
    for (let index = 0; index < BLOCKS; index++) {
      const weights = ['norm', 'gate', 'up', 'down'].map((name) => p.get(`${index}.${name}`)!);
      x = wrap(index, x, ...(weights as [tf.Tensor1D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]));
    }
    return { loss: tf.sum(tf.square(x)) as tf.Scalar };
  };
}

const plain = lossWith((_, ...inputs) => block(...inputs));
const recomputed = lossWith((_, ...inputs) => remat(block as never, ...inputs) as tf.Tensor3D);
const nested = lossWith(
  (_, ...inputs) =>
    remat(((...inner: Parameters<Block>) => remat(block as never, ...inner)) as never, ...inputs) as tf.Tensor3D,
);

async function gradients(loss: typeof plain): Promise<{ bytes: number; values: Record<string, number[]> }> {
  const params = buildParams();
  let result: ReturnType<typeof valueAndGrad> | undefined;
  const { peakBytes } = await tf.profile(() => {
    result = valueAndGrad(params, loss);
    return result.loss;
  });
  const values: Record<string, number[]> = { loss: [...(await result!.loss.data())] };
  for (const [name, gradient] of result!.grads) values[name] = [...(await gradient.data())];
  result!.loss.dispose();
  disposeParams(result!.grads);
  disposeParams(params);
  return { bytes: peakBytes, values };
}

describe.each(['cpu', 'wasm'] as const)('%s', (backend) => {
  let numTensors: number;

  beforeAll(async () => {
    await initBackend({ prefer: [backend] });
  });
  beforeEach(() => {
    numTensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(Object.keys(tf.engine().registeredVariables)).toEqual([]);
  });

  test('gradients are the same to the last bit, and less memory is held at the peak', async () => {
    const kept = await gradients(plain);
    const again = await gradients(recomputed);
    expect(again.values).toEqual(kept.values);
    expect(again.bytes).toBeLessThan(0.7 * kept.bytes);
  });

  test('a recomputed block inside a recomputed block gives the same gradients', async () => {
    expect((await gradients(nested)).values).toEqual((await gradients(plain)).values);
  });

  test('works under tfjs own tf.grads', () => {
    const x = tf.tensor1d([1, 2]);
    const w = tf.tensor1d([3, 4]);
    const f = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(remat((u, v) => tf.mul(u, v), a, b)));
    const [dx, dw] = tf.grads(f)([x, w]);
    expect([...dx!.dataSync()]).toEqual([18, 64]);
    expect([...dw!.dataSync()]).toEqual([6, 32]);
    tf.dispose([x, w, dx!, dw!]);
  });

  test('ids pass through as inputs, also when the loss made them', () => {
    const params = new Map<string, tf.Tensor>([['table', formulaTensor(3, [4, 2])]]);
    const { loss, grads } = valueAndGrad(params, (p) => {
      const ids_BL = tf.tensor2d([[1, 1, 3]], [1, 3], 'int32');
      const rows = remat((ids, table) => embedding(ids as tf.Tensor2D, table as tf.Tensor2D), ids_BL, p.get('table')!);
      return { loss: tf.sum(rows) as tf.Scalar };
    });
    expect([...grads.get('table')!.dataSync()]).toEqual([0, 0, 2, 2, 0, 0, 1, 1]);
    loss.dispose();
    disposeParams(grads);
    disposeParams(params);
  });

  test('without a gradient it just runs the block', () => {
    const x = tf.tensor1d([1, 2]);
    const y = remat((a) => tf.square(a), x);
    expect([...y.dataSync()]).toEqual([1, 4]);
    tf.dispose([x, y]);
  });
});
