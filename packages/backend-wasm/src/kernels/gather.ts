/** GatherV2 along one axis, and its adjoint UnsortedSegmentSum. */
import { util } from '@tensorflow/tfjs-core';
import { KERNEL } from '../runtime/kernel-numbers.ts';
import type { MarcoWasmBackend } from '../wasm-backend.ts';
import { CHUNK, input, type KernelTable, SHARED_FROM, sizeOf, type WasmKernel } from './kernel-types.ts';
import { bytesPer, isCopyable } from './rearrange.ts';

/** More runs of the kernel than this, for fewer bytes each than that, take longer than the cpu backend's loop over elements. */
const MOST_RUNS = 16;
const LEAST_BYTES = 128;

const gather: WasmKernel = (args, cpuKernel) => {
  const { backend } = args;
  const x = input(args.inputs, 'x');
  const indices = input(args.inputs, 'indices');
  const axis = util.parseAxisParam(args.attrs.axis as number, x.shape)[0]!;
  const isPlain = !args.attrs.batchDims && indices.dtype === 'int32';
  if (!isPlain || !isCopyable(x) || sizeOf(x.shape) === 0 || sizeOf(indices.shape) === 0) return cpuKernel(args);
  const count = sizeOf(indices.shape);
  const limit = x.shape[axis]!;
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const bytes = sizeOf(after) * bytesPer(x);
  const outer = sizeOf(before);
  if (outer > MOST_RUNS && count * bytes < LEAST_BYTES) return cpuKernel(args);
  const source = backend.address(x);
  const list = backend.address(indices);
  const bad = backend.runtime.findOutOfRange(list, count, limit);
  if (bad >= 0) {
    const value = backend.runtime.integers(list, count)[bad]!;
    throw new Error(
      `GatherV2: the index value ${value} is not in [0, ${limit - 1}], at position ${bad} of indices [${indices.shape}]`,
    );
  }
  const { info, address } = backend.output([...before, ...indices.shape, ...after], x.dtype);
  const perTask = Math.max(1, Math.floor((CHUNK * 4) / bytes));
  for (let entry = 0; entry < outer; entry++) {
    const from = source + entry * limit * bytes;
    const to = address + entry * count * bytes;
    backend.runtime.run(
      KERNEL.gather,
      Math.ceil(count / perTask),
      [from, list, to, count, bytes, perTask],
      count * bytes >= 4 * SHARED_FROM,
    );
  }
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
