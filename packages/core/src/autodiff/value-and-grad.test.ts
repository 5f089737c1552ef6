import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { formulaTensor } from '../../test/formula-values.ts';
import { initBackend } from '../backend/init-backend.ts';
import { linear } from '../ops/linear.ts';
import { disposeParams, type ParamMap } from '../params/param-map.ts';
import { tf } from '../tf.ts';
import { remat } from './remat.ts';
import { valueAndGrad } from './value-and-grad.ts';

let params: ParamMap;
let numTensors: number;

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});

beforeEach(() => {
  numTensors = tf.memory().numTensors;
  params = new Map<string, tf.Tensor>([
    ['a', tf.tensor1d([1, 2, 3])],
    ['b', tf.tensor1d([4, 5, 6])],
    ['unused', tf.tensor2d([[7]])],
  ]);
});

afterEach(() => {
  disposeParams(params);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect((tf.engine() as unknown as { state: { activeTape?: object } }).state.activeTape ?? null).toBeNull();
});

const sum = (x: tf.Tensor) => tf.sum(x) as tf.Scalar;

test('gives loss, gradients and untouched extras', () => {
  const { loss, aux, grads } = valueAndGrad(params, (p) => {
    const product = tf.mul(p.get('a')!, p.get('b')!);
    return { loss: sum(product), aux: { product } };
  });
  expect([...loss.dataSync()]).toEqual([32]);
  expect([...aux.product.dataSync()]).toEqual([4, 10, 18]);
  expect([...grads.keys()]).toEqual(['a', 'b', 'unused']);
  expect([...grads.get('a')!.dataSync()]).toEqual([4, 5, 6]);
  expect([...grads.get('b')!.dataSync()]).toEqual([1, 2, 3]);
  tf.dispose([loss, aux.product]);
  disposeParams(grads);
});

test('a parameter that the loss does not reach gets zeros of its shape', () => {
  const { loss, grads } = valueAndGrad(params, (p) => ({ loss: sum(p.get('a')!) }));
  expect(grads.get('unused')!.shape).toEqual([1, 1]);
  expect([...grads.get('unused')!.dataSync()]).toEqual([0]);
  loss.dispose();
  disposeParams(grads);
});

test('a loss that reaches no parameter gives zeros everywhere', () => {
  const { loss, grads } = valueAndGrad(params, () => ({ loss: tf.scalar(3) }));
  expect([...grads.values()].flatMap((gradient) => [...gradient.dataSync()])).toEqual([0, 0, 0, 0, 0, 0, 0]);
  loss.dispose();
  disposeParams(grads);
});

test('gradients of several uses add up, and each gradient is a tensor of its own', () => {
  const { loss, grads } = valueAndGrad(params, (p) => {
    const [a, b] = [p.get('a')!, p.get('b')!];
    return { loss: sum(tf.add(tf.add(a, b), a)) };
  });
  expect([...grads.get('a')!.dataSync()]).toEqual([2, 2, 2]);
  grads.get('a')!.dispose();
  expect([...grads.get('b')!.dataSync()]).toEqual([1, 1, 1]);
  loss.dispose();
  disposeParams(grads);
});

test('a custom gradient that returns its argument, one tensor twice or a captured tensor does no harm', () => {
  const captured = tf.tensor1d([9, 9, 9]);
  const passThrough = tf.customGrad((x, y, z) => ({
    value: tf.add(tf.add(x as tf.Tensor, y as tf.Tensor), z as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => [dy, dy, captured],
  }));
  const { loss, grads } = valueAndGrad(params, (p) => {
    const [a, b] = [p.get('a')!, p.get('b')!];
    return { loss: sum(passThrough(a, tf.mul(b, 2), b)) };
  });
  expect([...grads.get('a')!.dataSync()]).toEqual([1, 1, 1]);
  expect([...grads.get('b')!.dataSync()]).toEqual([11, 11, 11]);
  expect([...captured.dataSync()]).toEqual([9, 9, 9]);
  tf.dispose([captured, loss]);
  disposeParams(grads);
});

test('agrees with finite differences through a small network', () => {
  const network = new Map<string, tf.Tensor>([['weight', formulaTensor(1, [3, 4], 2)]]);
  const x = formulaTensor(2, [5, 4], 2);
  const lossOf = (p: ParamMap) => ({ loss: sum(tf.tanh(linear(x, p.get('weight') as tf.Tensor2D))) });
  const { loss, grads } = valueAndGrad(network, lossOf);
  const gradient = grads.get('weight')!.dataSync();
  const values = network.get('weight')!.dataSync().slice();
  for (const index of [0, 5, 11]) {
    const at = (delta: number) =>
      tf.tidy(() => {
        const moved = values.slice();
        moved[index]! += delta;
        return lossOf(new Map([['weight', tf.tensor2d(moved as Float32Array, [3, 4])]])).loss.dataSync()[0]!;
      });
    expect(gradient[index]).toBeCloseTo((at(1e-2) - at(-1e-2)) / 2e-2, 2);
  }
  tf.dispose([x, loss]);
  disposeParams(network);
  disposeParams(grads);
});

test('inside tf.tidy everything it returns goes with the scope', () => {
  const value = tf.tidy(() => valueAndGrad(params, (p) => ({ loss: sum(p.get('a')!) })).loss.dataSync()[0]);
  expect(value).toBe(6);
});

test('a loss that throws leaves no tensor behind and the tape usable', () => {
  const broken = (p: ParamMap) => {
    tf.square(p.get('a')!);
    throw new Error('broken');
  };
  expect(() => valueAndGrad(params, broken)).toThrow('broken');
  const { loss, grads } = valueAndGrad(params, (p) => ({ loss: sum(tf.square(p.get('a')!)) }));
  expect([...grads.get('a')!.dataSync()]).toEqual([2, 4, 6]);
  loss.dispose();
  disposeParams(grads);
});

test('the same parameters may be used again and again: 20 calls hold no memory', () => {
  const bytes = tf.memory().numBytes;
  for (let call = 0; call < 20; call++) {
    const { loss, grads } = valueAndGrad(params, (p) => ({ loss: sum(tf.exp(p.get('a')!)) }));
    loss.dispose();
    disposeParams(grads);
  }
  expect(tf.memory().numBytes).toBe(bytes);
});

test('saved activations are freed while the backward pass runs, not after it', () => {
  const size = 10_000;
  const x = new Map([['x', tf.ones([size])]]);
  const depth = 20;
  const alive: number[] = [];
  const probe = tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => {
      alive.push(tf.memory().numBytes);
      return tf.clone(dy);
    },
  }));
  const { loss, grads } = valueAndGrad(x, (p) => {
    let y = p.get('x')!;
    for (let layer = 0; layer < depth; layer++) y = probe(tf.sin(y));
    return { loss: sum(y) };
  });
  expect(alive.length).toBe(depth);
  const freed = alive[0]! - alive.at(-1)!;
  expect(freed).toBeGreaterThan((depth - 5) * size * 4);
  loss.dispose();
  disposeParams(grads);
  disposeParams(x);
});

test('operations that need only shapes for their gradient hold no activations', () => {
  const size = 10_000;
  const x = new Map([['x', tf.ones([size])]]);
  const { loss, grads } = valueAndGrad(x, (p) => {
    const before = tf.memory().numBytes;
    const y = tf.tidy(() => {
      let sum: tf.Tensor = p.get('x')!;
      for (let layer = 0; layer < 10; layer++) sum = tf.add(sum, tf.sub(sum, p.get('x')!));
      const halves = tf.concat([tf.slice(sum, [0], [size / 2]), tf.slice(sum, [size / 2], [size / 2])]);
      return tf.reshape(
        tf.pad(tf.expandDims(halves, 0), [
          [0, 1],
          [0, 0],
        ]),
        [2, size],
      );
    });
    expect(tf.memory().numBytes - before).toBe(2 * size * 4);
    return { loss: tf.add(tf.sum(y), tf.sum(tf.mean(y, 1))) as tf.Scalar };
  });
  // The sum of the last layer is 2^10 x - (2^10 - 1) x = x.
  expect(loss.dataSync()[0]).toBeCloseTo(size + 1, 0);
  expect(grads.get('x')!.dataSync()[7]).toBeCloseTo(1 + 1 / size, 4);
  loss.dispose();
  disposeParams(grads);
  disposeParams(x);
});

test('products for frozen weights are not computed, in a plain and in a recomputed block', async () => {
  const frozen = formulaTensor(1, [4, 3]);
  const trained = new Map([['x', formulaTensor(2, [2, 3])]]);
  for (const wrap of [
    linear,
    (...inputs: Parameters<typeof linear>) => remat(linear as never, ...(inputs as tf.Tensor[])),
  ]) {
    let result: ReturnType<typeof valueAndGrad> | undefined;
    const { kernels } = await tf.profile(() => {
      const loss = (p: ParamMap) => ({ loss: sum(wrap(p.get('x') as tf.Tensor2D, frozen)) });
      result = valueAndGrad(trained, loss);
      return result.loss;
    });
    const shapes = kernels.filter(({ name }) => name === 'BatchMatMul').map(({ outputShapes }) => outputShapes[0]);
    expect(shapes).not.toContainEqual([4, 3]);
    expect(shapes).toContainEqual([2, 3]);
    result!.loss.dispose();
    disposeParams(result!.grads);
  }
  frozen.dispose();
  disposeParams(trained);
});

test('bad losses are named', () => {
  expect(() => valueAndGrad(params, (async () => ({ loss: tf.scalar(1) })) as never)).toThrow(
    '[@marco-ts/core] valueAndGrad: the loss must be synchronous, got a promise.',
  );
  expect(() => valueAndGrad(params, (p) => ({ loss: p.get('a') as tf.Scalar }))).toThrow(
    'the loss must be a float32 scalar, got float32 [3].',
  );
  expect(() => valueAndGrad(params, () => ({ loss: tf.scalar(1, 'int32') }))).toThrow('got int32 [].');
  expect(() => valueAndGrad(params, () => ({ loss: 3 as never }))).toThrow('got 3.');
  expect(() => valueAndGrad(params, () => undefined as never)).toThrow('got undefined.');
  const integers = new Map([['ids', tf.tensor1d([1], 'int32')]]);
  expect(() => valueAndGrad(integers, () => ({ loss: tf.scalar(1) }))).toThrow(
    'parameters must be float32, got int32 at ids.',
  );
  disposeParams(integers);
});

test('a gradient of a gradient is refused instead of wrong', () => {
  const nested = (p: ParamMap) => ({ loss: valueAndGrad(p, (q) => ({ loss: sum(q.get('a')!) })).loss });
  expect(() => valueAndGrad(params, nested)).toThrow('gradients of gradients are not supported');
});
