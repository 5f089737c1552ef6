/** Elementwise kernels: two operands with broadcasting, one operand, sums of many tensors, casts and fills. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { KERNEL } from '../runtime/kernel-numbers.ts';
import { floatBits } from '../runtime/wasm-runtime.ts';
import type { MarcoWasmBackend, Output } from '../wasm-backend.ts';
import { collapseBroadcast } from './collapse-broadcast.ts';
import {
  CHUNK,
  input,
  type KernelArguments,
  type KernelTable,
  SHARED_FROM,
  sizeOf,
  type WasmKernel,
} from './kernel-types.ts';

const BINARY = { Add: 0, Sub: 1, Multiply: 2, RealDiv: 3, Maximum: 4, Minimum: 5, SquaredDifference: 6 } as const;
const UNARY = {
  Neg: 0,
  Exp: 1,
  Sqrt: 2,
  Rsqrt: 3,
  Square: 4,
  Sigmoid: 5,
  Relu: 6,
  Tanh: 7,
  Abs: 8,
  Reciprocal: 9,
  Log: 10,
  Log1p: 11,
} as const;

/** out = a (operation) b with broadcasting; false when the shapes need more than four dimensions. */
export function runBinary(
  backend: MarcoWasmBackend,
  operation: keyof typeof BINARY,
  a: TensorInfo,
  b: TensorInfo,
  makeOutput: () => Output,
  outShape: readonly number[],
): TensorInfo | null {
  const collapsed = collapseBroadcast(a.shape, b.shape, outShape);
  if (!collapsed) return null;
  const addressA = backend.address(a);
  const addressB = backend.address(b);
  const { info, address } = makeOutput();
  const [d0, d1, d2, inner] = collapsed.dims as [number, number, number, number];
  const rows = d0 * d1 * d2;
  const innerPerTask = Math.min(inner, CHUNK);
  const rowsPerTask = Math.max(1, Math.floor(CHUNK / inner));
  const { dims, stridesA, stridesB } = collapsed;
  // A single element is a run of step 1, whatever its stride.
  const parameters = [
    addressA,
    addressB,
    address,
    BINARY[operation],
    ...dims,
    ...stridesA,
    ...stridesB,
    rowsPerTask,
    innerPerTask,
  ];
  if (inner === 1) parameters[11] = parameters[15] = 1;
  backend.runtime.run(
    KERNEL.binary,
    Math.ceil(rows / rowsPerTask) * Math.ceil(inner / innerPerTask),
    parameters,
    rows * inner >= SHARED_FROM,
  );
  return info;
}

const binary =
  (operation: keyof typeof BINARY): WasmKernel =>
  (args, cpuKernel) => {
    const a = input(args.inputs, 'a');
    const b = input(args.inputs, 'b');
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return cpuKernel(args);
    const outShape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
    if (sizeOf(outShape) === 0) return cpuKernel(args);
    return runBinary(args.backend, operation, a, b, () => args.backend.output(outShape), outShape) ?? cpuKernel(args);
  };

const unary =
  (operation: keyof typeof UNARY): WasmKernel =>
  (args, cpuKernel) => {
    const x = input(args.inputs, 'x');
    const n = sizeOf(x.shape);
    if (x.dtype !== 'float32' || n === 0) return cpuKernel(args);
    const source = args.backend.address(x);
    const { info, address } = args.backend.output(x.shape);
    args.backend.runtime.run(
      KERNEL.unary,
      Math.ceil(n / CHUNK),
      [source, address, UNARY[operation], n, CHUNK],
      n >= SHARED_FROM,
    );
    return info;
  };

const addN: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const tensors = args.inputs as unknown as TensorInfo[];
  const [first, second] = tensors;
  const same = tensors.every((t) => t.dtype === 'float32' && t.shape.join() === first!.shape.join());
  if (!same || !first || !second || sizeOf(first.shape) === 0) return cpuKernel(args);
  const out = backend.output(first.shape);
  runBinary(backend, 'Add', first, second, () => out, first.shape);
  for (const next of tensors.slice(2)) runBinary(backend, 'Add', out.info, next, () => out, first.shape);
  return out.info;
};

const CASTS: Readonly<Record<string, number>> = {
  'int32 float32': 0,
  'bool float32': 1,
  'bool int32': 2,
  'float32 int32': 3,
};

const cast: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const dtype = args.attrs.dtype as 'float32' | 'int32';
  const operation = CASTS[`${x.dtype} ${dtype}`];
  const n = sizeOf(x.shape);
  if (operation === undefined || n === 0) return cpuKernel(args);
  const source = backend.address(x);
  const { info, address } = backend.output(x.shape, dtype);
  backend.runtime.run(KERNEL.cast, Math.ceil(n / CHUNK), [source, address, operation, n, CHUNK], n >= SHARED_FROM);
  return info;
};

/** Sets every element of a 4-byte output. */
export function fillOutput(
  backend: MarcoWasmBackend,
  shape: readonly number[],
  dtype: 'float32' | 'int32',
  value: number,
): TensorInfo {
  const { info, address } = backend.output(shape, dtype);
  const n = sizeOf(shape);
  const word = dtype === 'float32' ? floatBits(value) : value;
  backend.runtime.run(KERNEL.fill, Math.ceil(n / CHUNK), [0, address, 0, n, CHUNK, word], n >= SHARED_FROM);
  return info;
}

const fill: WasmKernel = (args, cpuKernel) => {
  const { shape, value, dtype } = args.attrs as { shape: number[]; value: unknown; dtype?: string };
  const chosen = dtype ?? (typeof value === 'number' ? 'float32' : 'string');
  if ((chosen !== 'float32' && chosen !== 'int32') || typeof value !== 'number') return cpuKernel(args);
  return fillOutput(args.backend, shape, chosen, value);
};

const fillLike =
  (value: number): WasmKernel =>
  (args: KernelArguments, cpuKernel) => {
    const x = input(args.inputs, 'x');
    if (x.dtype !== 'float32' && x.dtype !== 'int32') return cpuKernel(args);
    return fillOutput(args.backend, x.shape, x.dtype, value);
  };

export const elementwiseKernels: KernelTable = {
  ...Object.fromEntries(Object.keys(BINARY).map((name) => [name, binary(name as keyof typeof BINARY)])),
  ...Object.fromEntries(Object.keys(UNARY).map((name) => [name, unary(name as keyof typeof UNARY)])),
  AddN: addN,
  Cast: cast,
  Fill: fill,
  ZerosLike: fillLike(0),
  OnesLike: fillLike(1),
};
