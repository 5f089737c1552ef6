/**
 * MarcoLinearCrossEntropy and its gradient: the logits exist one block of rows and words at a time, and are computed again for the
 * gradient.
 *
 * Source: Wijmans et al. 2024, arXiv:2411.09009 (Cut Cross-Entropy); online log-sum-exp of Milakov and Gimelshein 2018, arXiv:1805.02867.
 * Shapes: hidden, dhidden [T, D], weight, dweight [V, D], labels, nll, logSumExp, dnll [T]; logits [R, C], R rows and C words of a block.
 * Units: nats.
 * A GPU cannot refuse a label: one outside of [0, V) that is not ignoreIndex gives a NaN loss and NaN gradients, which training stops at.
 */

import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { fillZeros } from '../building-blocks/fill-zeros.ts';
import type { MatrixPart } from '../building-blocks/halves.ts';
import { multiply, usesHalves } from '../building-blocks/multiply.ts';
import type { LastStep, MultiplyCase } from '../building-blocks/multiply-case.ts';
import { productsOf } from '../products/products.ts';
import { allocate, runShader, type Shader, spread } from '../runtime/run-shader.ts';
import { storeAsHalves, storedHalves } from '../storage/float16-storage.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';
import { input, type WebGpuKernel } from './kernel-types.ts';

export interface LogitsBlock {
  readonly maxRows: number;
  readonly maxElements: number;
}

/** At most 64 MiB of logits. */
const BLOCK: LogitsBlock = { maxRows: 2048, maxElements: 16 * 2 ** 20 };

const SIZE = 128;
const SHAPES = { hidden: { shape: 'TD' }, weight: { shape: 'VD' }, labels: { shape: 'T', dtype: 'int32' } } as const;

/** Merges the logits of one block into (largest, sum of exp, logit of the label) of its rows; the last block gives the results. */
const MERGE: Shader = {
  key: 'MarcoLinearCrossEntropy.merge',
  outputs: { state: 'f32', nll: 'f32', logSumExp: 'f32' },
  inputs: { logits: 'f32', labels: 'i32' },
  uniforms: { firstRow: 'i32', R: 'i32', firstWord: 'i32', C: 'i32', V: 'i32', ignoreIndex: 'i32' },
  workgroupSize: [SIZE, 1],
  code: () => `
var<workgroup> parts: array<vec2<f32>, ${SIZE}>;
// Both as (largest, sum of exp(value - largest)).
fn merge(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let largest = max(a.x, b.x);
  return vec2<f32>(largest, a.y * exp(a.x - largest) + b.y * exp(b.x - largest));
}
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let row = flatIndex(group, groups);
  if (row >= uniforms.R) { return; }
  let start = row * uniforms.C;
  var largest = -1e30;
  for (var c = i32(local.x); c < uniforms.C; c += ${SIZE}) { largest = max(largest, logits[start + c]); }
  var sum = 0.0;
  for (var c = i32(local.x); c < uniforms.C; c += ${SIZE}) { sum += exp(logits[start + c] - largest); }
  parts[local.x] = vec2<f32>(largest, sum);
  workgroupBarrier();
  for (var width = ${SIZE / 2}u; width > 0u; width >>= 1u) {
    if (local.x < width) { parts[local.x] = merge(parts[local.x], parts[local.x + width]); }
    workgroupBarrier();
  }
  if (local.x != 0u) { return; }
  let t = uniforms.firstRow + row;
  let label = labels[t];
  var whole = parts[0];
  var labelLogit = uniforms.nan;
  if (uniforms.firstWord > 0) {
    whole = merge(vec2<f32>(state[3 * row], state[3 * row + 1]), whole);
    labelLogit = state[3 * row + 2];
  }
  let column = label - uniforms.firstWord;
  if (column >= 0 && column < uniforms.C) { labelLogit = logits[start + column]; }
  state[3 * row] = whole.x;
  state[3 * row + 1] = whole.y;
  state[3 * row + 2] = labelLogit;
  if (uniforms.firstWord + uniforms.C == uniforms.V) {
    let logSum = whole.x + log(whole.y);
    logSumExp[t] = logSum;
    nll[t] = select(logSum - labelLogit, 0.0, label == uniforms.ignoreIndex);
  }
}`,
};

/** From logits to their gradients: dnll (softmax − onehot(label)). */
const LOGIT_GRADIENTS: LastStep = {
  key: 'logit gradients',
  inputs: { dnll: 'f32', labels: 'i32', logSumExp: 'f32' },
  uniforms: { firstRow: 'i32', firstWord: 'i32', V: 'i32', ignoreIndex: 'i32' },
  code: `
fn lastStep(row: i32, column: i32, product: f32) -> f32 {
  let t = uniforms.firstRow + row;
  let label = labels[t];
  if (label == uniforms.ignoreIndex) { return 0.0; }
  if (label < 0 || label >= uniforms.V) { return uniforms.nan; }
  let target_ = select(0.0, 1.0, label == uniforms.firstWord + column);
  return dnll[t] * (exp(product - logSumExp[t]) - target_);
}`,
};

const LOGITS: MultiplyCase = { transposeA: false, transposeB: true, accumulate: false };

interface Block {
  readonly firstRow: number;
  readonly R: number;
  readonly firstWord: number;
  readonly C: number;
}

/** Row blocks, each with all its word blocks in order. */
function* blocks({ maxRows, maxElements }: LogitsBlock, T: number, V: number): Generator<Block> {
  for (let firstRow = 0; firstRow < T; firstRow += maxRows) {
    const R = Math.min(maxRows, T - firstRow);
    const words = wordsPerBlock(maxElements, R);
    for (let firstWord = 0; firstWord < V; firstWord += words) {
      yield { firstRow, R, firstWord, C: Math.min(words, V - firstWord) };
    }
  }
}

/** @param block how many logits may exist at once */
export function createLinearCrossEntropy(block: LogitsBlock = BLOCK): {
  forward: WebGpuKernel;
  backward: WebGpuKernel;
} {
  const forward: WebGpuKernel = ({ inputs, attrs, backend }) => {
    const { T, D, V } = expectKernelShapes<'T' | 'D' | 'V'>('MarcoLinearCrossEntropy', inputs, SHAPES);
    const ignoreIndex = expectNumber('MarcoLinearCrossEntropy', attrs, 'ignoreIndex');
    const labels = input(inputs, 'labels');
    const nll = allocate(backend, [T]);
    const logSumExp = allocate(backend, [T]);
    if (T === 0) return [nll, logSumExp];
    const { hidden, weight, dispose } = operandsOf(backend, input(inputs, 'hidden'), input(inputs, 'weight'));
    const logits = allocate(backend, [largestBlock(block, T, V)]);
    const state = allocate(backend, [Math.min(T, block.maxRows), 3]);
    for (const { firstRow, R, firstWord, C } of blocks(block, T, V)) {
      multiply(backend, LOGITS, {
        result: { tensor: logits, start: 0, pitch: C },
        a: { tensor: hidden, start: firstRow * D, pitch: D },
        b: { tensor: weight, start: firstWord * D, pitch: D },
        M: R,
        N: C,
        K: D,
      });
      runShader(backend, MERGE, {
        outputs: [state, nll, logSumExp],
        inputs: [logits, labels],
        uniforms: { firstRow, R, firstWord, C, V, ignoreIndex },
        workgroups: spread(backend, R),
      });
    }
    backend.disposeData(logits.dataId);
    backend.disposeData(state.dataId);
    dispose();
    return [nll, logSumExp];
  };

  const backward: WebGpuKernel = ({ inputs, attrs, backend }) => {
    const kernel = 'MarcoLinearCrossEntropyGrad';
    const shapes = { ...SHAPES, dnll: { shape: 'T' }, logSumExp: { shape: 'T' } };
    const { T, D, V } = expectKernelShapes<'T' | 'D' | 'V'>(kernel, inputs, shapes);
    const ignoreIndex = expectNumber(kernel, attrs, 'ignoreIndex');
    const lastStepInputs = ['dnll', 'labels', 'logSumExp'].map((name) => input(inputs, name));
    const dhidden = allocate(backend, [T, D]);
    const dweight = allocate(backend, [V, D]);
    if (T === 0) {
      fillZeros(backend, dweight);
      return [dhidden, dweight];
    }
    const { hidden, weight, dispose } = operandsOf(backend, input(inputs, 'hidden'), input(inputs, 'weight'));
    const dlogits = allocate(backend, [largestBlock(block, T, V)]);
    for (const { firstRow, R, firstWord, C } of blocks(block, T, V)) {
      const dlogitsPart = { tensor: dlogits, start: 0, pitch: C };
      const rows = { start: firstRow * D, pitch: D };
      const words = { start: firstWord * D, pitch: D };
      multiply(
        backend,
        { ...LOGITS, lastStep: LOGIT_GRADIENTS },
        {
          result: dlogitsPart,
          a: { tensor: hidden, ...rows },
          b: { tensor: weight, ...words },
          M: R,
          N: C,
          K: D,
          lastStepInputs,
          lastStepUniforms: { firstRow, firstWord, V, ignoreIndex },
        },
      );
      multiply(
        backend,
        { transposeA: false, transposeB: false, accumulate: firstWord > 0 },
        { result: { tensor: dhidden, ...rows }, a: dlogitsPart, b: { tensor: weight, ...words }, M: R, N: D, K: C },
      );
      multiply(
        backend,
        { transposeA: true, transposeB: false, accumulate: firstRow > 0 },
        { result: { tensor: dweight, ...words }, a: dlogitsPart, b: { tensor: hidden, ...rows }, M: C, N: D, K: R },
      );
    }
    backend.disposeData(dlogits.dataId);
    dispose();
    return [dhidden, dweight];
  };
  return { forward, backward };
}

function largestBlock({ maxRows, maxElements }: LogitsBlock, T: number, V: number): number {
  const R = Math.min(maxRows, T);
  return R * Math.min(V, wordsPerBlock(maxElements, R));
}

/** By eights where there are so many, so that rows of halves are whole words of memory. */
function wordsPerBlock(maxElements: number, R: number): number {
  const words = Math.max(1, Math.floor(maxElements / R));
  return words > 8 ? words - (words % 8) : words;
}

/** Both operands rounded to halves once, where every block would round them again. */
function operandsOf(backend: WebGPUBackend, hidden: TensorInfo, weight: TensorInfo) {
  const made: TensorInfo[] = [];
  const [T, V] = [hidden.shape[0]!, weight.shape[0]!];
  const isHalved = usesHalves({ a: whole(hidden), b: whole(weight), M: T, N: V }, productsOf(backend));
  const halved = (tensor: TensorInfo) => {
    if (!isHalved || storedHalves(tensor)) return tensor;
    const halves = storeAsHalves(backend, tensor);
    made.push(halves);
    return halves;
  };
  const dispose = () => {
    for (const { dataId } of made) backend.disposeData(dataId);
  };
  return { hidden: halved(hidden), weight: halved(weight), dispose };
}

function whole(tensor: TensorInfo): MatrixPart {
  return { tensor, start: 0, pitch: tensor.shape[1]! };
}
