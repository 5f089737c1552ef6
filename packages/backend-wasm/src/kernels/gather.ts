/** GatherV2 of rows, and its adjoint UnsortedSegmentSum. */
import { util } from '@tensorflow/tfjs-core';
import { KERNEL } from '../runtime/kernel-numbers.ts';
import type { MarcoWasmBackend } from '../wasm-backend.ts';
import { CHUNK, input, type KernelTable, SHARED_FROM, sizeOf, type WasmKernel } from './kernel-types.ts';
import { bytesPer, isCopyable } from './rearrange.ts';

const gather: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const indices = input(args.inputs, 'indices');
  const axis = util.parseAxisParam(args.attrs.axis as number, x.shape)[0]!;
  const isPlain = axis === 0 && !args.attrs.batchDims && indices.dtype === 'int32';
  if (!isPlain || !isCopyable(x) || sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return cpuKernel(args);
  const count = sizeOf(indices.shape);
  const rowShape = x.shape.slice(1);
  const bytes = sizeOf(rowShape) * bytesPer(x);
  const source = backend.address(x);
  const list = backend.address(indices);
  const bad = backend.runtime.findOutOfRange(list, count, x.shape[0]!);
  if (bad >= 0) {
    const value = backend.runtime.integers(list, count)[bad]!;
    throw new Error(
      `GatherV2: the index value ${value} is not in [0, ${x.shape[0]! - 1}], at position ${bad} of indices [${indices.shape}]`,
    );
  }
  const { info, address } = backend.output([...indices.shape, ...rowShape], x.dtype);
  const perTask = Math.max(1, Math.floor((CHUNK * 4) / bytes));
  backend.runtime.run(
    KERNEL.gather,
    Math.ceil(count / perTask),
    [source, list, address, count, bytes, perTask],
    count * bytes >= 4 * SHARED_FROM,
  );
  return info;
};

/** target[ids[t]] += rows[t] in order; target [limit, columns] is zeroed first. */
export function scatterAddRows(
  backend: MarcoWasmBackend,
  rows: number,
  ids: number,
  target: number,
  count: number,
  columns: number,
  limit: number,
): void {
  const { runtime } = backend;
  const n = limit * columns;
  runtime.run(KERNEL.fill, Math.ceil(n / CHUNK), [0, target, 0, n, CHUNK, 0], n >= SHARED_FROM);
  const perTask = Math.max(16, Math.ceil(columns / 16 / 4) * 4);
  runtime.run(
    KERNEL.scatterAdd,
    Math.ceil(columns / perTask),
    [rows, ids, target, count, columns, perTask],
    count * columns > CHUNK,
  );
}

const unsortedSegmentSum: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const ids = input(args.inputs, 'segmentIds');
  const numSegments = args.attrs.numSegments as number;
  const count = sizeOf(ids.shape);
  if (
    x.dtype !== 'float32' ||
    ids.dtype !== 'int32' ||
    ids.shape.length !== 1 ||
    sizeOf(x.shape) === 0 ||
    ids.shape[0] !== x.shape[0]
  )
    return cpuKernel(args);
  const list = backend.address(ids);
  if (backend.runtime.findOutOfRange(list, count, numSegments) >= 0) return cpuKernel(args);
  const rowShape = x.shape.slice(1);
  const source = backend.address(x);
  const { info, address } = backend.output([numSegments, ...rowShape]);
  scatterAddRows(backend, source, list, address, count, sizeOf(rowShape), numSegments);
  return info;
};

export const gatherKernels: KernelTable = { GatherV2: gather, UnsortedSegmentSum: unsortedSegmentSum };
