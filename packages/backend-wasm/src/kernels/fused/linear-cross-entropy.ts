/**
 * MarcoLinearCrossEntropy: cross-entropy of hidden * weight^T against sparse labels, one chunk of the vocabulary at a time; where gradients
 * are asked for at once (`withGrads`), a few rows at a time, whose logits then need not be computed again.
 *
 * Source: online log-sum-exp, Milakov and Gimelshein 2018, arXiv:1805.02867; Wijmans et al. 2024, "Cut Your Losses", arXiv:2411.09009.
 * Shapes: hidden [T, D], weight [V, D], labels [T]; logits exist as [T', C] or [R, V] only, T' the rows whose label counts, R some of them.
 * Units: nats.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { KERNEL } from '../../runtime/kernel-numbers.ts';
import { multiply } from '../../runtime/multiply.ts';
import type { WasmRuntime } from '../../runtime/wasm-runtime.ts';
import type { MarcoWasmBackend } from '../../wasm-backend.ts';
import { fillOutput, runBinary } from '../elementwise.ts';
import { CHUNK, input, type KernelTable, type WasmKernel } from '../kernel-types.ts';
import { expectKernelShapes, expectNumber } from './expect-kernel-shapes.ts';

/** Logits that exist at once, at most (16 MiB), but never fewer than 256 columns. */
const CHUNK_LOGITS = 4 * 2 ** 20;
/** The same where they are whole rows (32 MiB); gradients are not computed at once when fewer than `LEAST_ROWS` rows fit. */
const ROW_LOGITS = 8 * 2 ** 20;
const LEAST_ROWS = 128;

const SHAPES = { hidden: { shape: 'TD' }, weight: { shape: 'VD' }, labels: { shape: 'T', dtype: 'int32' } } as const;
type Sizes = Record<'T' | 'D' | 'V', number>;

/** Rows whose label counts, in order. */
function countedRows(kernel: string, labels: Int32Array, ignoreIndex: number, vocabSize: number): Int32Array {
  const rows = new Int32Array(labels.length);
  let count = 0;
  for (let t = 0; t < labels.length; t++) {
    const label = labels[t]!;
    if (label === ignoreIndex) continue;
    if (label < 0 || label >= vocabSize) {
      throw new Error(
        `[@marco-ts/backend-wasm] ${kernel}: labels must be in [0, vocabSize ${vocabSize}) or ${ignoreIndex}, got ${label} at labels[${t}]. ` +
          'Was the text encoded with another tokenizer?',
      );
    }
    rows[count++] = t;
  }
  return rows.subarray(0, count);
}

interface Request {
  readonly hidden: TensorInfo;
  readonly labels: TensorInfo;
  readonly ignoreIndex: number;
  readonly sizes: Sizes;
}

interface Compact {
  /** rows that count */
  readonly count: number;
  readonly rows: Int32Array;
  readonly hidden: number;
  readonly labels: number;
  readonly columns: number;
  /** free memory of the caller's size */
  readonly extra: number;
}

/** Gathers the rows that count, then calls `use` with scratch of `extraFloats` per row beside them. */
function withCompact<Result>(
  kernel: string,
  backend: MarcoWasmBackend,
  args: Request,
  extraFloats: (count: number, columns: number) => number,
  use: (compact: Compact) => Result,
): Result {
  const { runtime } = backend;
  const { T, D, V } = args.sizes;
  const source = backend.address(args.hidden);
  const labelAddress = backend.address(args.labels);
  const labels = runtime.integers(labelAddress, T);
  const rows = countedRows(kernel, labels, args.ignoreIndex, V);
  const count = rows.length;
  const kept = rows.map((t) => labels[t]!);
  const columns = Math.min(V, Math.max(256, Math.floor(CHUNK_LOGITS / Math.max(1, count) / 8) * 8));
  const isWhole = count === T;
  const floats = (isWhole ? 0 : count * D) + 2 * count + extraFloats(count, columns);
  return runtime.withScratch(floats * 4, (scratch) => {
    const listAddress = scratch;
    const keptAddress = scratch + count * 4;
    const compactHidden = keptAddress + count * 4;
    runtime.integers(listAddress, count).set(rows);
    runtime.integers(keptAddress, count).set(kept);
    if (!isWhole) {
      const perTask = Math.max(1, Math.floor(CHUNK / Math.max(1, D)));
      runtime.run(KERNEL.gather, Math.ceil(count / perTask), [
        source,
        listAddress,
        compactHidden,
        count,
        D * 4,
        perTask,
      ]);
    }
    const hidden = isWhole ? source : compactHidden;
    return use({
      count,
      rows,
      hidden,
      labels: keptAddress,
      columns,
      extra: compactHidden + (isWhole ? 0 : count * D * 4),
    });
  });
}

const linearCrossEntropy: WasmKernel = ({ inputs, attrs, backend }) => {
  const sizes = expectKernelShapes('MarcoLinearCrossEntropy', inputs, SHAPES) as Sizes;
  const { T, D, V } = sizes;
  const ignoreIndex = expectNumber('MarcoLinearCrossEntropy', attrs, 'ignoreIndex');
  const { runtime } = backend;
  const weight = backend.address(input(inputs, 'weight'));
  const request = { hidden: input(inputs, 'hidden'), labels: input(inputs, 'labels'), ignoreIndex, sizes };
  if (attrs.withGrads && LEAST_ROWS * V <= ROW_LOGITS) return withGrads(backend, request, weight);
  return withCompact(
    'MarcoLinearCrossEntropy',
    backend,
    request,
    (count, columns) => count * (columns + 5),
    (compact) => {
      const nll = backend.output([T]);
      const logSumExp = backend.output([T]);
      const { count, rows, hidden, labels, columns, extra: logits } = compact;
      const [peaks, sums, picked, lse, losses] = [0, 1, 2, 3, 4].map((i) => logits + count * (columns + i) * 4) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const parameters = (width: number, column: number, perTask: number) => [
        logits,
        labels,
        peaks,
        sums,
        picked,
        count,
        width,
        column,
        perTask,
        lse,
        0,
        losses,
      ];
      for (let column = 0; column < V && count > 0; column += columns) {
        const width = Math.min(columns, V - column);
        multiply(runtime, {
          a: hidden,
          b: weight + column * D * 4,
          c: logits,
          m: count,
          n: width,
          k: D,
          transposeB: true,
        });
        const perTask = Math.max(1, Math.floor(CHUNK / width));
        runtime.run(KERNEL.crossEntropyChunk, Math.ceil(count / perTask), parameters(width, column, perTask));
      }
      if (count > 0) runtime.run(KERNEL.crossEntropyEnd, 1, parameters(columns, 0, 1));
      spreadRows(runtime, losses, nll.address, rows, T, 1);
      spreadRows(runtime, lse, logSumExp.address, rows, T, 1);
      return [nll.info, logSumExp.info];
    },
  );
};

/** Rows that count go to their places among T, whose others become 0. */
function spreadRows(runtime: WasmRuntime, from: number, to: number, rows: Int32Array, T: number, width: number): void {
  const all = runtime.floats(to, T * width).fill(0);
  const some = runtime.floats(from, rows.length * width);
  for (const [i, row] of rows.entries()) all.set(some.subarray(i * width, (i + 1) * width), row * width);
}

/** nll and logSumExp, and the gradients of the sum of nll: some rows at a time, each from their logits to their share of both gradients. */
function withGrads(backend: MarcoWasmBackend, request: Request, weight: number): TensorInfo[] {
  const { runtime } = backend;
  const { T, D, V } = request.sizes;
  const atOnce = (count: number) => Math.min(count, Math.floor(ROW_LOGITS / V));
  // An odd number of cache lines from row to row: at a power of two all rows would share few places in the caches.
  const stride = (Math.ceil(V / 16) | 1) * 16;
  const extraFloats = (count: number) => atOnce(count) * stride + count * (2 + D);
  return withCompact('MarcoLinearCrossEntropy', backend, request, extraFloats, (compact) => {
    const { count, rows, hidden, labels, extra: logits } = compact;
    const [nll, logSumExp] = [backend.output([T]), backend.output([T])];
    const [dhidden, dweight] = [backend.output([T, D]), backend.output([V, D])];
    const lse = logits + atOnce(count) * stride * 4;
    const losses = lse + count * 4;
    const gathered = count === T ? dhidden.address : losses + count * 4;
    const perTask = Math.max(1, Math.floor(CHUNK / V));
    for (let row = 0; row < count; row += atOnce(count)) {
      const m = Math.min(atOnce(count), count - row);
      const some = hidden + row * D * 4;
      multiply(runtime, { a: some, b: weight, c: logits, m, n: V, k: D, transposeB: true, strideC: stride });
      const at = row * 4;
      const parameters = [logits, labels + at, 0, 0, 0, m, V, stride, perTask, lse + at, 0, losses + at];
      runtime.run(KERNEL.crossEntropyRows, Math.ceil(m / perTask), parameters);
      multiply(runtime, { a: logits, b: weight, c: gathered + row * D * 4, m, n: D, k: V, strideA: stride });
      const sum = { c: dweight.address, accumulate: row > 0 };
      multiply(runtime, { a: logits, b: some, ...sum, m: V, n: D, k: m, transposeA: true, strideA: stride });
    }
    if (count === 0) runtime.bytes(dweight.address, V * D * 4).fill(0);
    if (count < T) spreadRows(runtime, gathered, dhidden.address, rows, T, D);
    spreadRows(runtime, losses, nll.address, rows, T, 1);
    spreadRows(runtime, lse, logSumExp.address, rows, T, 1);
    return [nll.info, logSumExp.info, dhidden.info, dweight.info];
  });
}

/** The value that every row that counts has in `values`, if it is one. */
function commonValue(values: Float32Array, rows: Int32Array): number | undefined {
  const first = rows.length === 0 ? 0 : values[rows[0]!]!;
  return rows.every((row) => values[row] === first) ? first : undefined;
}

function scaled(backend: MarcoWasmBackend, tensor: TensorInfo, scale: number): TensorInfo {
  if (scale === 1) return backend.share(tensor, tensor.shape);
  const factor = fillOutput(backend, [], 'float32', scale);
  const product = runBinary(backend, 'Multiply', tensor, factor, () => backend.output(tensor.shape), tensor.shape)!;
  backend.disposeIntermediateTensorInfo(factor);
  return product;
}

const linearCrossEntropyGrad: WasmKernel = ({ inputs, attrs, backend }) => {
  const name = 'MarcoLinearCrossEntropyGrad';
  const sizes = expectKernelShapes(name, inputs, {
    ...SHAPES,
    dnll: { shape: 'T' },
    logSumExp: { shape: 'T' },
  }) as Sizes;
  const { T, D, V } = sizes;
  const ignoreIndex = expectNumber(name, attrs, 'ignoreIndex');
  const { runtime } = backend;
  const dnllAddress = backend.address(input(inputs, 'dnll'));
  const { dhidden: dhiddenOfSum, dweight: dweightOfSum } = inputs;
  if (dhiddenOfSum && dweightOfSum) {
    const labelsT = runtime.integers(backend.address(input(inputs, 'labels')), T);
    const scale = commonValue(runtime.floats(dnllAddress, T), countedRows(name, labelsT, ignoreIndex, V));
    if (scale !== undefined) return [dhiddenOfSum, dweightOfSum].map((tensor) => scaled(backend, tensor, scale));
  }
  const weight = backend.address(input(inputs, 'weight'));
  const lseAddress = backend.address(input(inputs, 'logSumExp'));
  const request = { hidden: input(inputs, 'hidden'), labels: input(inputs, 'labels'), ignoreIndex, sizes };
  return withCompact(
    name,
    backend,
    request,
    (count, columns) => count * (columns + 2 + D),
    (compact) => {
      const dhidden = backend.output([T, D]);
      const dweight = backend.output([V, D]);
      const { count, rows, hidden, labels, columns, extra: logits } = compact;
      const isWhole = count === T;
      const lse = logits + count * columns * 4;
      const dnll = lse + count * 4;
      const gathered = isWhole ? dhidden.address : dnll + count * 4;
      for (const [from, to] of [
        [lseAddress, lse],
        [dnllAddress, dnll],
      ] as const) {
        const source = runtime.floats(from, T);
        const target = runtime.floats(to, count);
        for (let i = 0; i < count; i++) target[i] = source[rows[i]!]!;
      }
      if (count === 0) {
        runtime.bytes(dhidden.address, T * D * 4).fill(0);
        runtime.bytes(dweight.address, V * D * 4).fill(0);
        return [dhidden.info, dweight.info];
      }
      for (let column = 0; column < V; column += columns) {
        const width = Math.min(columns, V - column);
        const part = weight + column * D * 4;
        multiply(runtime, { a: hidden, b: part, c: logits, m: count, n: width, k: D, transposeB: true });
        const perTask = Math.max(1, Math.floor(CHUNK / width));
        runtime.run(KERNEL.crossEntropyGrad, Math.ceil(count / perTask), [
          logits,
          labels,
          0,
          0,
          0,
          count,
          width,
          column,
          perTask,
          lse,
          dnll,
        ]);
        multiply(runtime, { a: logits, b: part, c: gathered, m: count, n: D, k: width, accumulate: column > 0 });
        multiply(runtime, {
          a: logits,
          b: hidden,
          c: dweight.address + column * D * 4,
          m: width,
          n: D,
          k: count,
          transposeA: true,
        });
      }
      if (!isWhole) spreadRows(runtime, gathered, dhidden.address, rows, T, D);
      return [dhidden.info, dweight.info];
    },
  );
};

export const linearCrossEntropyKernels: KernelTable = {
  MarcoLinearCrossEntropy: linearCrossEntropy,
  MarcoLinearCrossEntropyGrad: linearCrossEntropyGrad,
};
