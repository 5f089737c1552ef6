/** Transpose, Slice, SplitV, Concat, Tile, PadV2 as one strided copy. */
import { backend_util, slice_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { KERNEL } from '../runtime/kernel-numbers.ts';
import type { MarcoWasmBackend, Output } from '../wasm-backend.ts';
import { CHUNK, input, type KernelTable, SHARED_FROM, sizeOf, type WasmKernel } from './kernel-types.ts';

const RANK = 6;
type Copyable = 'float32' | 'int32' | 'bool';

export const isCopyable = (x: TensorInfo): x is TensorInfo & { dtype: Copyable } =>
  ['float32', 'int32', 'bool'].includes(x.dtype);
export const bytesPer = (x: TensorInfo): number => (x.dtype === 'bool' ? 1 : 4);

/** Elements to the next entry along each dimension of a contiguous tensor. */
function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  return strides;
}

/** Joins neighbouring dimensions that both sides walk without a gap. */
function joinDims(
  dims: readonly number[],
  from: readonly number[],
  to: readonly number[],
): [number[], number[], number[]] {
  const joined: [number[], number[], number[]] = [[], [], []];
  for (let i = dims.length - 1; i >= 0; i--) {
    if (dims[i] === 1) continue;
    const inner = joined[0][0];
    if (inner !== undefined && from[i] === joined[1][0]! * inner && to[i] === joined[2][0]! * inner) {
      joined[0][0] = inner * dims[i]!;
      continue;
    }
    joined[0].unshift(dims[i]!);
    joined[1].unshift(from[i]!);
    joined[2].unshift(to[i]!);
  }
  return joined;
}

/** Copies a strided block; false when it has more than six dimensions. Addresses in bytes, strides in elements. */
function copyStrided(
  backend: MarcoWasmBackend,
  source: number,
  target: number,
  size: number,
  dims: readonly number[],
  from: readonly number[],
  to: readonly number[],
): boolean {
  if (dims.includes(0)) return true;
  const [d, f, t] = joinDims(dims, from, to);
  if (d.length > RANK) return false;
  if (d.length >= 2 && d.length <= 3 && size === 4) {
    const [rows, columns] = [d[d.length - 1]!, d[d.length - 2]!];
    const [f1, f0] = [f[f.length - 1]!, f[f.length - 2]!];
    const [t1, t0] = [t[t.length - 1]!, t[t.length - 2]!];
    const plain = d.length === 2 || (f[0] === rows * columns && t[0] === rows * columns);
    if (plain && f0 === 1 && f1 === columns && t1 === 1 && t0 === rows) {
      const bands = Math.ceil(rows / 32);
      const entries = d.length === 3 ? d[0]! : 1;
      backend.runtime.run(
        KERNEL.transpose,
        entries * bands,
        [source, target, rows, columns, bands],
        entries * rows * columns >= SHARED_FROM,
      );
      return true;
    }
  }
  const pad = (values: number[], value: number) => [...new Array<number>(RANK - values.length).fill(value), ...values];
  const inner = d[d.length - 1] ?? 1;
  const rows = sizeOf(d.slice(0, -1));
  const perTask = Math.max(1, Math.floor(CHUNK / inner));
  const innerFrom = f[f.length - 1] ?? 1;
  const innerTo = t[t.length - 1] ?? 1;
  const parameters = [source, target, size, ...pad(d, 1), ...pad(f, 0), ...pad(t, 0), perTask];
  parameters[14] = innerFrom;
  parameters[20] = innerTo;
  backend.runtime.run(KERNEL.stridedCopy, Math.ceil(rows / perTask), parameters, rows * inner >= SHARED_FROM);
  return true;
}

/** Runs `copy` into a new tensor, or drops it and falls back. */
function orElse(
  backend: MarcoWasmBackend,
  output: Output,
  done: boolean,
  otherwise: () => TensorInfo | TensorInfo[],
): TensorInfo | TensorInfo[] {
  if (done) return output.info;
  backend.disposeIntermediateTensorInfo(output.info);
  return otherwise();
}

const transpose: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const perm = args.attrs.perm as number[];
  if (!isCopyable(x)) return cpuKernel(args);
  const shape = perm.map((axis) => x.shape[axis]!);
  const strides = stridesOf(x.shape);
  const source = backend.address(x);
  const output = backend.output(shape, x.dtype);
  const from = perm.map((axis) => strides[axis]!);
  const done = copyStrided(backend, source, output.address, bytesPer(x), shape, from, stridesOf(shape));
  return orElse(backend, output, done, () => cpuKernel(args));
};

/** Part of x from `begin` of `size`. */
function slicePart(
  backend: MarcoWasmBackend,
  x: TensorInfo & { dtype: Copyable },
  begin: readonly number[],
  size: readonly number[],
): [Output, boolean] {
  const strides = stridesOf(x.shape);
  const source = backend.address(x) + begin.reduce((sum, b, i) => sum + b * strides[i]!, 0) * bytesPer(x);
  const output = backend.output(size, x.dtype);
  return [output, copyStrided(backend, source, output.address, bytesPer(x), size, strides, stridesOf(size))];
}

const slice: WasmKernel = (args, cpuKernel) => {
  const x = input(args.inputs, 'x');
  if (!isCopyable(x)) return cpuKernel(args);
  const [begin, size] = slice_util.parseSliceParams(
    x as never,
    args.attrs.begin as number[],
    args.attrs.size as number[],
  ) as [number[], number[]];
  slice_util.assertParamsValid(x as never, begin, size);
  const [output, done] = slicePart(args.backend, x, begin, size);
  return orElse(args.backend, output, done, () => cpuKernel(args));
};

const splitV: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  if (!isCopyable(x) || x.shape.length > RANK) return cpuKernel(args);
  const axis = util.parseAxisParam(args.attrs.axis as number, x.shape)[0]!;
  const sizes = backend_util.prepareSplitSize(x as never, args.attrs.numOrSizeSplits as number[], axis);
  const begin = new Array<number>(x.shape.length).fill(0);
  return sizes.map((length) => {
    const size = x.shape.map((n, i) => (i === axis ? length : n));
    const [output] = slicePart(backend, x, begin, size);
    begin[axis]! += length;
    return output.info;
  });
};

const concat: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const all = args.inputs as unknown as TensorInfo[];
  const first = all[0]!;
  if (!isCopyable(first) || all.some((t) => t.dtype !== first.dtype) || first.shape.length > RANK)
    return cpuKernel(args);
  const axis = util.parseAxisParam(args.attrs.axis as number, first.shape)[0]!;
  backend_util.assertParamsConsistent(
    all.map((t) => t.shape),
    axis,
  );
  const shape = backend_util.computeOutShape(
    all.map((t) => t.shape),
    axis,
  );
  const parts = all.filter((t) => sizeOf(t.shape) > 0);
  if (parts.length === 1) return backend.share(parts[0]!, shape);
  const output = backend.output(shape, first.dtype);
  const strides = stridesOf(shape);
  let place = 0;
  for (const part of parts) {
    const target = output.address + place * strides[axis]! * bytesPer(first);
    copyStrided(backend, backend.address(part), target, bytesPer(first), part.shape, stridesOf(part.shape), strides);
    place += part.shape[axis]!;
  }
  return output.info;
};

const tile: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const reps = args.attrs.reps as number[];
  if (!isCopyable(x) || reps.length !== x.shape.length) return cpuKernel(args);
  const strides = stridesOf(x.shape);
  const shape = x.shape.map((n, i) => n * reps[i]!);
  const source = backend.address(x);
  const output = backend.output(shape, x.dtype);
  // Each dimension becomes [repetitions, size]; repetitions have stride 0.
  const dims = x.shape.flatMap((n, i) => [reps[i]!, n]);
  const from = strides.flatMap((s) => [0, s]);
  const done = copyStrided(backend, source, output.address, bytesPer(x), dims, from, stridesOf(dims));
  return orElse(backend, output, done, () => cpuKernel(args));
};

const pad: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const paddings = args.attrs.paddings as [number, number][];
  const value = args.attrs.constantValue as number;
  if (!isCopyable(x) || x.dtype === 'bool' || x.shape.length > RANK) return cpuKernel(args);
  const shape = x.shape.map((n, i) => n + paddings[i]![0] + paddings[i]![1]);
  const source = backend.address(x);
  const output = backend.output(shape, x.dtype);
  const numbers =
    x.dtype === 'float32'
      ? backend.runtime.floats(output.address, sizeOf(shape))
      : backend.runtime.integers(output.address, sizeOf(shape));
  numbers.fill(value);
  const strides = stridesOf(shape);
  const offset = paddings.reduce((sum, [before], i) => sum + before * strides[i]!, 0);
  copyStrided(backend, source, output.address + offset * 4, 4, x.shape, stridesOf(x.shape), strides);
  return output.info;
};

export const rearrangeKernels: KernelTable = {
  Transpose: transpose,
  Slice: slice,
  SplitV: splitV,
  Concat: concat,
  Tile: tile,
  PadV2: pad,
};
