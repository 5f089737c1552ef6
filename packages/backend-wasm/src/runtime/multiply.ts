/**
 * Plans a matrix product C (+)= op(A) op(B), batched, and hands its blocks to the wasm kernels.
 *
 * Source: Goto and van de Geijn 2008 (packing and blocking); block sizes measured with `pnpm bench gemm`.
 * Shapes: op(A) [M, K], op(B) [K, N], C [M, N] per batch entry. The cut into tasks changes no sum: K is always walked in the same blocks.
 */
import { KERNEL } from './kernel-numbers.ts';
import type { WasmRuntime } from './wasm-runtime.ts';

export interface Product {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** A is stored [K, M] */
  readonly transposeA?: boolean;
  /** B is stored [N, K] */
  readonly transposeB?: boolean;
  /** elements between stored rows of A, when they do not follow each other */
  readonly strideA?: number;
  /** elements between rows of C, when that is not N */
  readonly strideC?: number;
  readonly accumulate?: boolean;
  readonly batch?: number;
  /** elements between batch entries; 0 repeats one entry */
  readonly batchA?: number;
  readonly batchB?: number;
  readonly batchC?: number;
}

const K_BLOCK = 256;
const M_BLOCK = 96;
const N_BLOCK = 1024;
/** Enough that two threads end together, whatever the number of tasks. */
const LEAST_TASKS = 16;
/** Of B, by one task. */
const COLUMNS_PER_PACK = 64;
const PACKED_LIMIT = 32 * 2 ** 20;
/** Columns are packed in multiples of this, however deep they are. */
const PACKED_COLUMNS = 512;
/** Products below this many multiplications stay on the calling thread. */
const SMALL = 48 * 48 * 48;
/** Up to here packing B costs more than it saves: a decoding batch, a short prompt (`pnpm bench generate`). */
const FEW_ROWS = { plain: 8, transposed: 64 };

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** @param product addresses in bytes, sizes in elements */
export function multiply(runtime: WasmRuntime, product: Product): void {
  const { a, b, c, n, k, accumulate = false, transposeB = false } = product;
  let { m, batch = 1, transposeA = false } = product;
  let { batchA = m * k, batchC = m * n } = product;
  const { batchB = k * n } = product;
  const strideC = product.strideC ?? n;
  if (m === 0 || n === 0 || batch === 0) return;
  if (k === 0) {
    for (let entry = 0; entry < batch && !accumulate; entry++) {
      for (let row = 0; row < m; row++) runtime.floats(c + (entry * batchC + row * strideC) * 4, n).fill(0);
    }
    return;
  }
  if (m === 1 && product.strideA === undefined) transposeA = false;
  if (batch > 1 && batchB === 0 && !transposeA && batchA === m * k && batchC === m * strideC) {
    m *= batch;
    batch = 1;
    batchA = 0;
    batchC = 0;
  }
  const parallel = m * n * k * batch > SMALL;
  const strideA = product.strideA ?? (transposeA ? m : k);
  const strideB = transposeB ? k : n;
  const head = (first: number, column: number, columns: number) => [
    a + first * batchA * 4,
    b + first * batchB * 4 + column * (transposeB ? strideB : 1) * 4,
    c + first * batchC * 4 + column * 4,
    m,
    columns,
    k,
    strideA * 4,
    strideB * 4,
    strideC * 4,
    transposeA ? 1 : 0,
    transposeB ? 1 : 0,
    batchA * 4,
    batchB * 4,
    batchC * 4,
    accumulate ? 1 : 0,
  ];

  if (m <= (transposeB ? FEW_ROWS.transposed : FEW_ROWS.plain) && !transposeA) {
    const perTask = transposeB ? Math.max(8, roundUp(16384 / k, 4)) : 64;
    const perEntry = Math.ceil(n / perTask);
    const parameters = [...head(0, 0, n), 0, 0, 0, 0, 0, 0, 0, 0, perTask, perEntry];
    runtime.run(transposeB ? KERNEL.gemvTransposed : KERNEL.gemv, batch * perEntry, parameters, parallel);
    return;
  }

  const { panelColumns } = runtime;
  const columnsAtOnce = Math.min(
    roundUp(n, panelColumns),
    Math.max(1, Math.floor(PACKED_LIMIT / (4 * k) / PACKED_COLUMNS)) * PACKED_COLUMNS,
  );
  const panelsPerTask = COLUMNS_PER_PACK / panelColumns;
  const entryBytes = columnsAtOnce * k * 4;
  const entriesAtOnce = batchB === 0 ? batch : Math.min(batch, Math.max(1, Math.floor(PACKED_LIMIT / entryBytes)));
  const packedBytes = batchB === 0 ? entryBytes : entryBytes * entriesAtOnce;
  const kBlock = k <= 384 ? k : roundUp(k / Math.ceil(k / K_BLOCK), 4);
  const scratchBytes = roundUp((M_BLOCK + 6) * kBlock * 4, 64);

  runtime.withScratch(packedBytes + scratchBytes * runtime.numThreads, (packed) => {
    for (let column = 0; column < n; column += columnsAtOnce) {
      const columns = Math.min(columnsAtOnce, n - column);
      let mBlock = roundUp(m / Math.ceil(m / M_BLOCK), 6);
      let nBlock = roundUp(columns / Math.ceil(columns / N_BLOCK), panelColumns);
      for (let first = 0; first < batch; first += entriesAtOnce) {
        const entries = Math.min(entriesAtOnce, batch - first);
        // Flat blocks read all of packed B for few rows: narrow ones come first.
        const tooFew = () => Math.ceil(m / mBlock) * Math.ceil(columns / nBlock) * entries < LEAST_TASKS;
        while (tooFew() && mBlock > 48) mBlock = roundUp(mBlock / 2, 6);
        while (tooFew() && nBlock > 128) nBlock = roundUp(nBlock / 2, panelColumns);
        while (tooFew() && mBlock > 24) mBlock = roundUp(mBlock / 2, 6);
        const rowBlocks = Math.ceil(m / mBlock);
        const columnBlocks = Math.ceil(columns / nBlock);
        const packTasks = Math.ceil(columns / panelColumns / panelsPerTask);
        const parameters = [
          ...head(first, column, columns),
          packed,
          packed + packedBytes,
          scratchBytes,
          kBlock,
          mBlock,
          nBlock,
          rowBlocks,
          columnBlocks,
          panelsPerTask,
          packTasks,
          batchB === 0 ? 0 : roundUp(columns, panelColumns) * k * 4,
        ];
        runtime.run(KERNEL.gemmPack, packTasks * (batchB === 0 ? 1 : entries), parameters, parallel);
        runtime.run(KERNEL.gemm, rowBlocks * columnBlocks * entries, parameters, parallel);
      }
    }
  });
}
