/**
 * Faults of tfjs 4.22.0 that shaped this package, each kept out by a test of its own.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formulaTensor } from '../test/formula-values.ts';
import {
  adamwStep,
  causalAttention,
  disposeParams,
  embedding,
  initBackend,
  linearCrossEntropy,
  type ParamMap,
  remat,
  tf,
  valueAndGrad,
} from './index.ts';

const SETTINGS = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, step: 1, gradScale: 1 };
let numTensors: number;

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
});
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

/** Runs with a kernel taken away from the cpu backend, as on backends that never had it. */
function withoutKernels<Result>(kernelNames: string[], run: () => Result): Result {
  const kernels = kernelNames.map((name) => tf.getKernel(name, 'cpu'));
  for (const name of kernelNames) tf.unregisterKernel(name, 'cpu');
  try {
    return run();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

describe('the registry of variables', () => {
  test('policy and reference carry the same Hugging Face names', () => {
    const policy = new Map([['model.norm.weight', tf.tensor1d([1, 2])]]);
    const reference = new Map([['model.norm.weight', tf.tensor1d([3, 4])]]);
    const { loss, grads } = valueAndGrad(policy, (p) => {
      const name = 'model.norm.weight';
      return { loss: tf.sum(tf.mul(p.get(name)!, reference.get(name)!)) as tf.Scalar };
    });
    expect([...grads.get('model.norm.weight')!.dataSync()]).toEqual([3, 4]);
    expect(Object.keys(tf.engine().registeredVariables)).toEqual([]);
    loss.dispose();
    for (const params of [policy, reference, grads]) disposeParams(params);
  });

  test('a training step moves only what is trained: the reference stays where it was', () => {
    const reference: ParamMap = new Map([['w', tf.scalar(5)]]);
    const policy: ParamMap = new Map([['w', tf.scalar(1)]]);
    const { loss, grads } = valueAndGrad(policy, (p) => ({
      loss: tf.mul(p.get('w')!, reference.get('w')!) as tf.Scalar,
    }));
    const moments = { m: tf.scalar(0), v: tf.scalar(0) };
    const next = adamwStep({ param: policy.get('w')!, grad: grads.get('w')!, ...moments }, SETTINGS);
    expect(next.param.dataSync()[0]).toBeCloseTo(0.9, 5);
    expect(reference.get('w')!.dataSync()[0]).toBe(5);
    expect(policy.get('w')!.dataSync()[0]).toBe(1);
    tf.dispose([loss, next.param, next.m, next.v, moments.m, moments.v]);
    for (const params of [policy, reference, grads]) disposeParams(params);
  });
});

describe('the optimizer', () => {
  test('epsilon is the one that was asked for: 1e-8 where tfjs takes 1e-7 from the backend', () => {
    const grad = tf.scalar(1e-8);
    const zero = tf.scalar(0);
    // With g = eps the first step is learningRate * g / (g + eps) = learningRate / 2.
    const next = adamwStep({ param: zero, grad, m: zero, v: zero }, SETTINGS);
    expect(next.param.dataSync()[0]).toBeCloseTo(-0.05, 4);
    tf.dispose([grad, zero, next.param, next.m, next.v]);
  });

  test('the order of parameters does not matter: moments belong to names', () => {
    const step = (names: string[]): Record<string, number> =>
      tf.tidy(() => {
        const values: Record<string, number> = {};
        for (const name of names) {
          const size = name.length;
          const m = tf.scalar(size);
          const next = adamwStep({ param: tf.scalar(1), grad: tf.scalar(size), m, v: tf.scalar(size) }, SETTINGS);
          values[name] = next.param.dataSync()[0]!;
        }
        return values;
      });
    expect(step(['a', 'bbb'])).toEqual(step(['bbb', 'a']));
  });
});

test('an asynchronous loss is refused, where tf.tidy only prints and leaks', () => {
  const params = new Map([['w', tf.scalar(1)]]);
  expect(() => valueAndGrad(params, (async () => {}) as never)).toThrow('must be synchronous, got a promise');
  disposeParams(params);
});

test('gradients and chained methods are registered by importing core alone', () => {
  const x = tf.tensor1d([1, 2]);
  const gradient = tf.grad((value) => value.square().sum())(x);
  expect([...gradient.dataSync()]).toEqual([2, 4]);
  tf.dispose([x, gradient]);
});

test('the gradient of embedding needs no UnsortedSegmentSum', () => {
  const params = new Map([['table', tf.zeros([3, 2])]]);
  const { loss, grads } = withoutKernels(['UnsortedSegmentSum'], () =>
    valueAndGrad(params, (p) => {
      const ids_BL = tf.tensor2d([[2, 0, 2]], [1, 3], 'int32');
      return { loss: tf.sum(embedding(ids_BL, p.get('table') as tf.Tensor2D)) as tf.Scalar };
    }),
  );
  expect([...grads.get('table')!.dataSync()]).toEqual([1, 1, 0, 0, 2, 2]);
  loss.dispose();
  disposeParams(grads);
  disposeParams(params);
});

test('masks of attention do not stand in the way of gradients, and no Einsum is needed', () => {
  const params = new Map<string, tf.Tensor>([['q', formulaTensor(1, [1, 3, 2, 4])]]);
  const { loss, grads } = withoutKernels(['Einsum'], () =>
    valueAndGrad(params, (p) => {
      const q = p.get('q') as tf.Tensor4D;
      const ids = tf.tensor2d([[0, 0, -1]], [1, 3], 'int32');
      const out = causalAttention(q, q, q, ids, ids);
      return { loss: tf.sum(tf.square(out)) as tf.Scalar };
    }),
  );
  const gradient = grads.get('q')!.dataSync();
  expect(gradient.slice(0, 16).every((value) => value !== 0)).toBe(true);
  expect([...gradient.slice(16)]).toEqual(new Array(8).fill(0));
  loss.dispose();
  disposeParams(grads);
  disposeParams(params);
});

test('cross-entropy over sparse labels never holds rows x words', async () => {
  const [rows, words, width] = [512, 2000, 4];
  const params = new Map<string, tf.Tensor>([
    ['hidden', formulaTensor(1, [rows, width])],
    ['weight', formulaTensor(2, [words, width])],
  ]);
  const before = tf.memory().numBytes;
  let result: ReturnType<typeof valueAndGrad> | undefined;
  const { peakBytes } = await tf.profile(() => {
    result = valueAndGrad(params, (p) => {
      const labels_T = tf.zeros([rows], 'int32') as tf.Tensor1D;
      const nll = linearCrossEntropy(p.get('hidden') as tf.Tensor2D, p.get('weight') as tf.Tensor2D, labels_T);
      return { loss: tf.sum(nll) as tf.Scalar };
    });
    return result.loss;
  });
  expect(peakBytes).toBeGreaterThan(0);
  const fullLogitsBytes = rows * words * 4;
  expect(peakBytes - before).toBeLessThan(1.1 * fullLogitsBytes);
  result!.loss.dispose();
  disposeParams(result!.grads);
  disposeParams(params);
});

test('gradients inside a custom gradient leave the outer tape alone', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const f = (value: tf.Tensor) => {
    const first = remat((inner) => tf.square(inner), value);
    const second = remat((inner) => tf.exp(inner), first);
    return tf.sum(tf.mul(second, value));
  };
  const plain = (value: tf.Tensor) => tf.sum(tf.mul(tf.exp(tf.square(value)), value));
  const [ours, theirs] = [tf.grad(f)(x), tf.grad(plain)(x)];
  expect([...ours.dataSync()]).toEqual([...theirs.dataSync()]);
  tf.dispose([x, ours, theirs]);
});
