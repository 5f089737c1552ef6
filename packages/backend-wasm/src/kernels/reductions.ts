/** Sum, Mean, Max, Min over neighbouring axes; Softmax and LogSoftmax over the last one. */
import { backend_util, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { KERNEL } from '../runtime/kernel-numbers.ts';
import { floatBits } from '../runtime/wasm-runtime.ts';
import type { MarcoWasmBackend } from '../wasm-backend.ts';
import { CHUNK, input, type KernelTable, sizeOf, type WasmKernel } from './kernel-types.ts';

type Operation = 'sum' | 'max' | 'min';
const OPERATION: Readonly<Record<Operation, number>> = { sum: 0, max: 1, min: 2 };

/** Rows longer than this are cut, when there are few of them. */
const LONG = 65536;
const COLUMNS = 256;

interface Reduction {
  readonly source: number;
  readonly target: number;
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly operation: Operation;
  /** the result is divided by this */
  readonly divisor?: number;
}

/** Reduces [outer, reduced, inner] to [outer, inner]. */
export function runReduction(backend: MarcoWasmBackend, reduction: Reduction): void {
  const { runtime } = backend;
  const { source, target, outer, reduced, inner, operation, divisor = 1 } = reduction;
  const code = OPERATION[operation];
  if (inner === 1 && outer === 1 && reduced > LONG) {
    const chunks = Math.ceil(reduced / CHUNK);
    runtime.withScratch(chunks * 4, (partial) => {
      runtime.run(KERNEL.chunk, chunks, [source, partial, code, reduced, CHUNK]);
      runReduction(backend, { ...reduction, source: partial, reduced: chunks });
    });
    return;
  }
  const perTask = Math.max(1, Math.floor(CHUNK / reduced));
  const tasks = inner === 1 ? Math.ceil(outer / perTask) : outer * Math.ceil(inner / COLUMNS);
  const parallel = outer * reduced * inner > CHUNK;
  runtime.run(
    KERNEL.reduce,
    tasks,
    [source, target, code, outer, reduced, inner, perTask, floatBits(divisor), COLUMNS],
    parallel,
  );
}

const reduce =
  (operation: Operation, mean = false): WasmKernel =>
  (args, cpuKernel) => {
    const { backend } = args;
    const x = input(args.inputs, 'x');
    const named = (args.attrs.axis ?? args.attrs.reductionIndices ?? null) as number | number[] | null;
    const axes = util.parseAxisParam(named as number | number[], x.shape).sort((p, q) => p - q);
    const isRun = axes.every((axis, i) => i === 0 || axis === axes[i - 1]! + 1);
    if (x.dtype !== 'float32' || sizeOf(x.shape) === 0 || axes.length === 0 || !isRun) return cpuKernel(args);
    const outer = sizeOf(x.shape.slice(0, axes[0]));
    const reduced = sizeOf(axes.map((axis) => x.shape[axis]!));
    const inner = sizeOf(x.shape.slice(axes[axes.length - 1]! + 1));
    const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = args.attrs.keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept;
    const source = backend.address(x);
    const { info, address } = backend.output(shape);
    runReduction(backend, { source, target: address, outer, reduced, inner, operation, divisor: mean ? reduced : 1 });
    return info;
  };

const softmax =
  (inputName: string, axisName: string, operation: number): WasmKernel =>
  (args, cpuKernel) => {
    const { backend } = args;
    const x: TensorInfo = input(args.inputs, inputName);
    const axis = args.attrs[axisName] as number;
    const isLast = axis === -1 || axis === x.shape.length - 1;
    const columns = x.shape[x.shape.length - 1] ?? 1;
    if (x.dtype !== 'float32' || !isLast || sizeOf(x.shape) === 0) return cpuKernel(args);
    const rows = sizeOf(x.shape) / columns;
    const perTask = Math.max(1, Math.floor(CHUNK / 4 / columns));
    const source = backend.address(x);
    const { info, address } = backend.output(x.shape);
    backend.runtime.run(KERNEL.softmax, Math.ceil(rows / perTask), [
      source,
      address,
      operation,
      rows,
      columns,
      0,
      perTask,
    ]);
    return info;
  };

export const reductionKernels: KernelTable = {
  Sum: reduce('sum'),
  Mean: reduce('sum', true),
  Max: reduce('max'),
  Min: reduce('min'),
  Softmax: softmax('logits', 'dim', 0),
  LogSoftmax: softmax('logits', 'axis', 1),
};
