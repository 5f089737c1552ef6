import { afterAll, beforeAll, expect, test } from 'vitest';
import { initBackend } from '../backend/init-backend.ts';
import { ShapeError } from '../shape/shape-error.ts';
import { tf } from '../tf.ts';
import { adamwStep } from './adamw-step.ts';
import { causalAttention } from './causal-attention.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { linearCrossEntropy } from './linear-cross-entropy.ts';
import { rmsNorm } from './rms-norm.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';
import { swiglu } from './swiglu.ts';

beforeAll(async () => {
  await initBackend({ prefer: ['cpu'] });
  tf.engine().startScope();
});
afterAll(() => tf.engine().endScope());

const int = (shape: number[]) => tf.zeros(shape, 'int32') as never;
const float = (shape: number[]) => tf.zeros(shape) as never;

test.each<[string, () => unknown, RegExp]>([
  [
    'embedding of floats',
    () => embedding(float([1, 2]), float([3, 4])),
    /embedding: ids must be int32, got float32 at ids_BL/,
  ],
  ['embedding of three dimensions', () => embedding(int([2, 1, 1]), float([3, 4])), /ids_BL must have 2 dimensions/],
  [
    'linear of another width',
    () => linear(float([2, 3, 4]), float([6, 5])),
    /I must be one size, but is 4 in x_BLI and 5 in weight_OI/,
  ],
  [
    'linear with a wrong bias',
    () => linear(float([3, 4]), float([6, 4]), float([5])),
    /O must be one size.*bias_O \[5\]/,
  ],
  ['linear of a vector', () => linear(float([4]), float([6, 4])), /x must have rank 2 or 3, got \[4\]/],
  ['norm of another width', () => rmsNorm(float([1, 2, 3]), float([4]), 1e-6), /rmsNorm: D must be one size/],
  [
    'rotation of odd heads',
    () => rotaryEmbedding(float([1, 2, 1, 3]), int([1, 2]), 1e4),
    /head size must be even, got 3/,
  ],
  [
    'rotation by float positions',
    () => rotaryEmbedding(float([1, 2, 1, 4]), float([1, 2]), 1e4),
    /positions must be int32/,
  ],
  [
    'rotation with theta 0',
    () => rotaryEmbedding(float([1, 2, 1, 4]), int([1, 2]), 0),
    /theta must be positive, got 0/,
  ],
  [
    'heads that do not divide',
    () => causalAttention(float([1, 2, 3, 4]), float([1, 2, 2, 4]), float([1, 2, 2, 4]), int([1, 2]), int([1, 2])),
    /key\/value heads must divide query heads, got q_BLNH \[1,2,3,4\], k_BSKH \[1,2,2,4\]/,
  ],
  [
    'fewer keys than queries',
    () => causalAttention(float([1, 3, 2, 4]), float([1, 2, 2, 4]), float([1, 2, 2, 4]), int([1, 3]), int([1, 2])),
    /at least as many keys as queries/,
  ],
  [
    'float segment ids',
    () => causalAttention(float([1, 2, 2, 4]), float([1, 2, 2, 4]), float([1, 2, 2, 4]), float([1, 2]), int([1, 2])),
    /segment ids must be int32/,
  ],
  ['gate and up of two sizes', () => swiglu(float([1, 2, 3]), float([1, 2, 4])), /F must be one size/],
  ['float labels', () => linearCrossEntropy(float([2, 3]), float([4, 3]), float([2])), /labels must be int32/],
  ['labels of another length', () => linearCrossEntropy(float([2, 3]), float([4, 3]), int([3])), /T must be one size/],
])('%s', (_, run, message) => {
  expect(run).toThrow(message);
  expect(run).toThrow(/^\[@marco-ts\/core\]/);
});

test('adamwStep names the tensor or setting that does not fit', () => {
  const tensors = { param: float([2, 2]), grad: float([2, 2]), m: float([2, 2]), v: float([2, 2]) };
  const settings = { learningRate: 1, beta1: 0.9, beta2: 0.9, eps: 1e-8, weightDecay: 0, step: 1, gradScale: 1 };
  const wrongShape = () => adamwStep({ ...tensors, m: float([4]) }, settings);
  expect(wrongShape).toThrow("adamwStep: m must have param's shape [2,2], got [4].");
  expect(wrongShape).toThrow(ShapeError);
  expect(() => adamwStep(tensors, { ...settings, step: 0 })).toThrow('step must be an integer from 1, got 0.');
  expect(() => adamwStep(tensors, { ...settings, gradScale: Number.NaN })).toThrow('got NaN at gradScale.');
});
