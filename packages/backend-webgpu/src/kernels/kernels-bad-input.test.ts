/** What the kernels refuse, before they touch a device: none is needed here. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { adamW } from './adamw.ts';
import { attention } from './attention.ts';
import { attentionGrad } from './attention-grad.ts';
import { embeddingGrad } from './embedding-grad.ts';
import type { WebGpuKernel } from './kernel-types.ts';
import { createLinearCrossEntropy } from './linear-cross-entropy.ts';
import { rmsNorm, rmsNormGrad } from './rms-norm.ts';
import { rope } from './rope.ts';
import { sumOfSquares } from './sum-of-squares.ts';
import { swiglu, swigluGrad } from './swiglu.ts';

const float = (...shape: number[]): TensorInfo => ({ dataId: {}, shape, dtype: 'float32' });
const int = (...shape: number[]): TensorInfo => ({ dataId: {}, shape, dtype: 'int32' });
const { forward, backward } = createLinearCrossEntropy();

const attentionInputs = (q: TensorInfo, k: TensorInfo) => ({
  q,
  k,
  v: k,
  querySegmentIds: int(q.shape[0]!, q.shape[1]!),
  keySegmentIds: int(k.shape[0]!, k.shape[1]!),
});
const settings = { learningRate: 1, beta1: 0.9, beta2: 0.9, eps: 1e-8, weightDecay: 0, step: 1, gradScale: 1 };

test.each<[string, WebGpuKernel, NamedTensorInfoMap, NamedAttrMap, RegExp]>([
  [
    'norm of another width',
    rmsNorm,
    { x: float(2, 3), weight: float(4) },
    { eps: 1e-6 },
    /MarcoRmsNorm: D must be the same everywhere, but weight has 4 where 3 came before, got x=float32\[2,3\] weight=float32\[4\]/,
  ],
  [
    'norm without eps',
    rmsNorm,
    { x: float(2, 3), weight: float(3) },
    {},
    /attribute eps must be a finite number, got undefined/,
  ],
  [
    'norm gradient without rstd',
    rmsNormGrad,
    { dy: float(2, 3), x: float(2, 3), weight: float(3) },
    {},
    /rstd \[T\] must be given, got .* rstd=nothing/,
  ],
  ['norm of no columns', rmsNorm, { x: float(2, 0), weight: float(0) }, { eps: 1e-6 }, /D must be at least 1/],
  ['float ids', embeddingGrad, { dy: float(2, 3), ids: float(2) }, { vocabSize: 4 }, /ids must be int32/],
  [
    'no vocabulary',
    embeddingGrad,
    { dy: float(2, 3), ids: int(2) },
    { vocabSize: 0 },
    /vocabSize must be an integer from 1, got 0/,
  ],
  [
    'odd heads',
    rope,
    { x: float(1, 2, 1, 3), positionIds: int(1, 2) },
    { theta: 1e4 },
    /head size must be even and theta positive, got H 3/,
  ],
  ['theta of zero', rope, { x: float(1, 2, 1, 4), positionIds: int(1, 2) }, { theta: 0 }, /theta 0/],
  [
    'heads that do not divide',
    attention,
    attentionInputs(float(1, 2, 3, 4), float(1, 2, 2, 4)),
    { scale: 1 },
    /key\/value heads must divide query heads, got K 2 and N 3/,
  ],
  [
    'fewer keys than queries',
    attention,
    attentionInputs(float(1, 3, 2, 4), float(1, 2, 2, 4)),
    { scale: 1 },
    /at least as many keys as queries, got S 2 and L 3/,
  ],
  [
    'heads beyond the registers',
    attention,
    attentionInputs(float(1, 2, 2, 257), float(1, 2, 2, 257)),
    { scale: 1 },
    /at most 256 values, got H 257/,
  ],
  [
    'attention without scale',
    attention,
    attentionInputs(float(1, 2, 2, 4), float(1, 2, 2, 4)),
    { scale: Number.NaN },
    /scale must be a finite number, got NaN/,
  ],
  [
    'attention gradient without out',
    attentionGrad,
    { ...attentionInputs(float(1, 2, 2, 4), float(1, 2, 2, 4)), dout: float(1, 2, 2, 4) },
    { scale: 1 },
    /out \[B,L,N,H\] must be given/,
  ],
  ['gate and up of two sizes', swiglu, { gate: float(2, 3), up: float(2, 4) }, {}, /F must be the same everywhere/],
  [
    'gradient of three dimensions',
    swigluGrad,
    { dy: float(1, 2, 3), gate: float(2, 3), up: float(2, 3) },
    {},
    /dy must have the dimensions \[T,F\]/,
  ],
  [
    'labels of another length',
    forward,
    { hidden: float(2, 3), weight: float(4, 3), labels: int(3) },
    { ignoreIndex: -100 },
    /T must be the same everywhere/,
  ],
  [
    'gradient without logSumExp',
    backward,
    { dnll: float(2), hidden: float(2, 3), weight: float(4, 3), labels: int(2) },
    { ignoreIndex: -100 },
    /logSumExp \[T\] must be given/,
  ],
  [
    'moments of another shape',
    adamW,
    { param: float(2, 2), grad: float(2, 2), m: float(4), v: float(2, 2) },
    settings,
    /m must have param's shape \[2,2\], got \[4\]/,
  ],
  [
    'step zero',
    adamW,
    { param: float(2), grad: float(2), m: float(2), v: float(2) },
    { ...settings, step: 0 },
    /step must be an integer from 1, got 0/,
  ],
  [
    'no learning rate',
    adamW,
    { param: float(2), grad: float(2), m: float(2), v: float(2) },
    { ...settings, learningRate: Number.NaN },
    /learningRate must be a finite number/,
  ],
  ['sum of integers', sumOfSquares, { x: int(2) }, {}, /x must be float32/],
])('%s', (_, kernel, inputs, attrs, message) => {
  const run = () => kernel({ inputs, attrs, backend: {} as WebGPUBackend });
  expect(run).toThrow(message);
  expect(run).toThrow(/^\[@marco-ts\/backend-webgpu\] Marco/);
});
