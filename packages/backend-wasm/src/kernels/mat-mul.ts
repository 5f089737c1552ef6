/** BatchMatMul and _FusedMatMul: all transpose cases, batches, broadcast batches. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { multiply } from '../runtime/multiply.ts';
import type { MarcoWasmBackend } from '../wasm-backend.ts';
import { runBinary } from './elementwise.ts';
import { input, type KernelArguments, type KernelTable, sizeOf, type WasmKernel } from './kernel-types.ts';

/** Batch entry of an operand for each entry of the output. */
function batchIndices(batchShape: readonly number[], outShape: readonly number[]): number[] {
  const indices: number[] = [];
  const total = sizeOf(outShape);
  for (let flat = 0; flat < total; flat++) {
    let rest = flat;
    let index = 0;
    let stride = 1;
    for (let i = 1; i <= outShape.length; i++) {
      const size = outShape[outShape.length - i]!;
      const own = batchShape[batchShape.length - i] ?? 1;
      if (own !== 1) index += (rest % size) * stride;
      stride *= own;
      rest = Math.floor(rest / size);
    }
    indices.push(index);
  }
  return indices;
}

function matMul(
  backend: MarcoWasmBackend,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): TensorInfo {
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const m = transposeA ? columnsA : rowsA;
  const k = transposeA ? rowsA : columnsA;
  const n = transposeB ? rowsB : columnsB;
  const kB = transposeB ? columnsB : rowsB;
  if (k !== kB) {
    throw new Error(
      `[@marco-ts/backend-wasm] matMul: inner dimensions must agree, got ${k} and ${kB} for [${a.shape}] and [${b.shape}], ` +
        `transposeA=${transposeA}, transposeB=${transposeB}. Transpose or reshape one of them.`,
    );
  }
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batchShape = backend_util.assertAndGetBroadcastShape(batchA, batchB);
  const batch = sizeOf(batchShape);
  const addressA = backend.address(a);
  const addressB = backend.address(b);
  const { info, address } = backend.output([...batchShape, m, n]);
  const common = { m, n, k, transposeA, transposeB };
  const whole = (size: number) => size === batch || size === 1;
  if (whole(sizeOf(batchA)) && whole(sizeOf(batchB))) {
    multiply(backend.runtime, {
      ...common,
      a: addressA,
      b: addressB,
      c: address,
      batch,
      batchA: sizeOf(batchA) === 1 ? 0 : m * k,
      batchB: sizeOf(batchB) === 1 ? 0 : k * n,
      batchC: m * n,
    });
    return info;
  }
  const indicesB = batchIndices(batchB, batchShape);
  for (const [entry, indexA] of batchIndices(batchA, batchShape).entries()) {
    multiply(backend.runtime, {
      ...common,
      a: addressA + indexA * m * k * 4,
      b: addressB + indicesB[entry]! * k * n * 4,
      c: address + entry * m * n * 4,
    });
  }
  return info;
}

const isFloat = (...tensors: (TensorInfo | undefined)[]) => tensors.every((t) => !t || t.dtype === 'float32');

const batchMatMul: WasmKernel = (args, cpuKernel) => {
  const a = input(args.inputs, 'a');
  const b = input(args.inputs, 'b');
  if (!isFloat(a, b)) return cpuKernel(args);
  return matMul(args.backend, a, b, Boolean(args.attrs.transposeA), Boolean(args.attrs.transposeB));
};

/** Runs another kernel of this backend on an intermediate and drops the intermediate. */
type RunKernel = (name: string, args: KernelArguments) => TensorInfo;

const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

/** @param runKernel reaches the registered kernels, for the activations */
export const matMulKernels = (runKernel: RunKernel): KernelTable => ({
  BatchMatMul: batchMatMul,
  _FusedMatMul: (args, cpuKernel) => {
    const { backend, inputs, attrs } = args;
    const a = input(inputs, 'a');
    const b = input(inputs, 'b');
    const bias = inputs.bias;
    const activation = attrs.activation as string | undefined;
    const kernelName = activation && activation !== 'linear' ? ACTIVATIONS[activation] : undefined;
    if (!isFloat(a, b, bias) || (activation && activation !== 'linear' && !kernelName)) return cpuKernel(args);
    let current = matMul(backend, a, b, Boolean(attrs.transposeA), Boolean(attrs.transposeB));
    if (bias && sizeOf(current.shape) > 0) {
      const product = current;
      const inPlace = { info: product, address: backend.address(product) };
      const added = runBinary(backend, 'Add', product, bias, () => inPlace, product.shape);
      if (!added) {
        current = runKernel('Add', { inputs: { a: product, b: bias }, attrs: {}, backend });
        backend.disposeIntermediateTensorInfo(product);
      }
    }
    if (kernelName) {
      const before = current;
      const activationInputs =
        kernelName === 'Prelu' ? { x: before, alpha: inputs.preluActivationWeights! } : { x: before };
      current = runKernel(kernelName, {
        inputs: activationInputs,
        attrs: kernelName === 'LeakyRelu' ? { alpha: attrs.leakyreluAlpha as number } : {},
        backend,
      });
      backend.disposeIntermediateTensorInfo(before);
    }
    return current;
  },
});
