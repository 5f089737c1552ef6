/**
 * The law behind the fallbacks: on one backend, the fused kernels and the composed operations give the same values and gradients, for
 * random shapes. The composed path is reached by taking the kernels away for the length of a call.
 */
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formulaTensor } from '../../test/formula-values.ts';
import { valueAndGrad } from '../autodiff/value-and-grad.ts';
import { initBackend } from '../backend/init-backend.ts';
import { IGNORE_INDEX } from '../ignore-index.ts';
import type { ParamMap } from '../params/param-map.ts';
import { createRandom } from '../random/create-random.ts';
import { tf } from '../tf.ts';
import { adamwStep } from './adamw-step.ts';
import { causalAttention } from './causal-attention.ts';
import { embedding } from './embedding.ts';
import { globalNorm } from './global-norm.ts';
import { linearCrossEntropy } from './linear-cross-entropy.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { swiglu } from './swiglu.ts';

const BACKEND = 'marco-wasm';
const KERNELS = [
  'MarcoEmbeddingGrad',
  'MarcoRmsNorm',
  'MarcoRmsNormGrad',
  'MarcoRope',
  'MarcoAttention',
  'MarcoAttentionGrad',
  'MarcoSwiglu',
  'MarcoSwigluGrad',
  'MarcoLinearCrossEntropy',
  'MarcoLinearCrossEntropyGrad',
  'MarcoAdamW',
  'MarcoSumOfSquares',
];

let numTensors: number;

beforeAll(async () => {
  await initBackend({ prefer: ['wasm'] });
});
beforeEach(() => {
  numTensors = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

function composed<Result>(run: () => Result): Result {
  const kernels = KERNELS.map((name) => tf.getKernel(name, BACKEND)).filter((kernel) => kernel !== undefined);
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, BACKEND);
  try {
    return run();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

/** Output and gradients of sum(output * cotangent), one array after the other. */
function evaluate(inputs: () => Record<string, tf.Tensor>, run: (params: ParamMap) => tf.Tensor): Float32Array[] {
  return tf.tidy(() => {
    const params = new Map(Object.entries(inputs()));
    const { aux, grads } = valueAndGrad(params, () => {
      const output = run(params);
      const loss = tf.sum(tf.mul(output, formulaTensor(99, output.shape))) as tf.Scalar;
      return { loss, aux: { output } };
    });
    return [aux.output!, ...grads.values()].map((tensor) => tensor.dataSync().slice() as Float32Array);
  });
}

function expectClose(ours: Float32Array[], reference: Float32Array[]): void {
  expect(ours.map((array) => array.length)).toEqual(reference.map((array) => array.length));
  for (const [place, array] of ours.entries()) {
    const scale = Math.max(1, ...reference[place]!.map(Math.abs));
    const error = array.reduce((worst, value, index) => {
      const difference = Math.abs(value - reference[place]![index]!) / scale;
      return Math.max(difference, worst);
    }, 0);
    expect(error, `array ${place}`).toBeLessThan(2e-5);
  }
}

function check(inputs: () => Record<string, tf.Tensor>, run: (params: ParamMap) => tf.Tensor): void {
  expectClose(
    evaluate(inputs, run),
    composed(() => evaluate(inputs, run)),
  );
}

const size = (max: number) => fc.integer({ min: 1, max });
const runs = { numRuns: 25 };

test('the wasm backend has a kernel for every name of the table in docs/architecture.md', () => {
  expect(KERNELS.filter((name) => tf.getKernel(name, BACKEND) === undefined)).toEqual([]);
});

describe('fused equals composed', () => {
  test('embedding', () => {
    fc.assert(
      fc.property(size(3), size(40), size(30), size(40), fc.nat(), (B, L, V, D, seed) => {
        const random = createRandom(seed);
        const ids = Array.from({ length: B * L }, () => random.integer(V));
        check(
          () => ({ weight: formulaTensor(1, [V, D]) }),
          (p) => embedding(tf.tensor2d(ids, [B, L], 'int32'), p.get('weight') as tf.Tensor2D),
        );
      }),
      runs,
    );
  });

  test('rmsNorm', () => {
    fc.assert(
      fc.property(size(3), size(20), size(70), (B, L, D) => {
        check(
          () => ({ x: formulaTensor(1, [B, L, D], 4), weight: formulaTensor(2, [D], 2) }),
          (p) => rmsNorm(p.get('x') as tf.Tensor3D, p.get('weight') as tf.Tensor1D, 1e-6),
        );
      }),
      runs,
    );
  });

  test('rotaryEmbedding', () => {
    fc.assert(
      fc.property(size(2), size(20), size(3), size(20), fc.nat(), (B, L, N, half, seed) => {
        const random = createRandom(seed);
        // Beyond, the float32 rounding of position * frequency shows in either path.
        const positions = Array.from({ length: B * L }, () => random.integer(256));
        check(
          () => ({ x: formulaTensor(1, [B, L, N, 2 * half]) }),
          (p) => rotaryEmbedding(p.get('x') as tf.Tensor4D, tf.tensor2d(positions, [B, L], 'int32'), 10_000),
        );
      }),
      runs,
    );
  });

  test('causalAttention', () => {
    fc.assert(
      fc.property(size(2), size(40), fc.nat(20), size(3), size(3), size(20), fc.nat(), (B, L, past, K, G, H, seed) => {
        const random = createRandom(seed);
        const S = L + past;
        const keyIds = Array.from({ length: B }, () => {
          let segment = 0;
          return Array.from({ length: S }, () => {
            if (random.integer(8) === 0) segment += 1;
            return random.integer(10) === 0 ? -1 : segment;
          });
        });
        const queryIds = keyIds.map((row) => row.slice(past));
        check(
          () => ({
            q: formulaTensor(1, [B, L, K * G, H], 4),
            k: formulaTensor(2, [B, S, K, H], 4),
            v: formulaTensor(3, [B, S, K, H]),
          }),
          (p) => {
            const [q, k, v] = [...p.values()] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
            const keySegmentIds = tf.tensor2d(keyIds, [B, S], 'int32');
            return causalAttention(q, k, v, tf.tensor2d(queryIds, [B, L], 'int32'), keySegmentIds);
          },
        );
      }),
      runs,
    );
  });

  test('swiglu', () => {
    fc.assert(
      fc.property(size(2), size(20), size(70), (B, L, F) => {
        check(
          () => ({ gate: formulaTensor(1, [B, L, F], 20), up: formulaTensor(2, [B, L, F], 2) }),
          (p) => swiglu(p.get('gate') as tf.Tensor3D, p.get('up') as tf.Tensor3D),
        );
      }),
      runs,
    );
  });

  test('linearCrossEntropy', () => {
    fc.assert(
      fc.property(size(200), size(40), size(300), fc.nat(), (T, D, V, seed) => {
        const random = createRandom(seed);
        const labels = Array.from({ length: T }, () => (random.integer(5) === 0 ? IGNORE_INDEX : random.integer(V)));
        check(
          () => ({ hidden: formulaTensor(1, [T, D], 4), weight: formulaTensor(2, [V, D], 4) }),
          (p) => {
            const [hidden, weight] = [...p.values()] as [tf.Tensor2D, tf.Tensor2D];
            return linearCrossEntropy(hidden, weight, tf.tensor1d(labels, 'int32'));
          },
        );
      }),
      runs,
    );
  });

  test('adamwStep', () => {
    fc.assert(
      fc.property(size(300), size(1000), (length, step) => {
        const settings = {
          learningRate: 0.01,
          beta1: 0.9,
          beta2: 0.95,
          eps: 1e-8,
          weightDecay: 0.1,
          step,
          gradScale: 0.3,
        };
        const run = () =>
          tf.tidy(() => {
            const v = tf.square(formulaTensor(4, [length]));
            const [param, grad, m] = [1, 2, 3].map((seed) => formulaTensor(seed, [length])) as [
              tf.Tensor,
              tf.Tensor,
              tf.Tensor,
            ];
            const next = adamwStep({ param, grad, m, v }, settings);
            return [next.param, next.m, next.v].map((tensor) => tensor.dataSync().slice() as Float32Array);
          });
        expectClose(run(), composed(run));
      }),
      runs,
    );
  });

  test('globalNorm', async () => {
    const grads = new Map<string, tf.Tensor>([
      ['a', formulaTensor(1, [37, 53])],
      ['b', formulaTensor(2, [1])],
    ]);
    const expected = Math.sqrt(
      [...grads.values()].flatMap((tensor) => [...tensor.dataSync()]).reduce((sum, value) => sum + value * value, 0),
    );
    expect(await globalNorm(grads)).toBeCloseTo(expected, 4);
    expect(await composed(() => globalNorm(grads))).toBeCloseTo(expected, 4);
    tf.dispose([...grads.values()]);
  });
});
