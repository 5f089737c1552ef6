/**
 * Blocked matrix product: B is packed once by all threads, then each task packs its own rows of A and multiplies.
 *
 * Parameter slots: 0 A, 1 B, 2 C, 3 M, 4 N, 5 K, 6 strideA, 7 strideB, 8 strideC (bytes between stored rows), 9 transposeA, 10 transposeB,
 * 11 batchA, 12 batchB, 13 batchC (bytes between batch entries), 14 accumulate, 15 packed B, 16 scratch for A, 17 scratch bytes per thread,
 * 18 KC, 19 MC, 20 NC, 21 row blocks, 22 column blocks, 23 panels per packing task, 24 packing tasks per batch entry, 25 bytes of packed B per entry.
 */
import { edgeTile, paramInt, paramPointer } from '../layout';
import { dot, dots1x4, dots2x4 } from './dot-products';
import { multiplyPacked } from './micro-kernel';
import { COLUMN_BYTES, COLUMNS, packBlockA, packBlockB, paddedColumns } from './pack';
import { madd } from '../simd';

/** Packs some panels of one batch entry of op(B), all blocks of K. */
export function gemmPackTask(task: i32): void {
  const n = paramInt(4);
  const k = paramInt(5);
  const stride = paramPointer(7);
  const transposed = paramInt(10);
  const kBlock = paramInt(18);
  const perTask = paramInt(23);
  const perEntry = paramInt(24);
  const entry = task / perEntry;
  const source = paramPointer(1) + <usize>entry * paramPointer(12);
  const target = paramPointer(15) + <usize>entry * paramPointer(25);
  const numPanels = paddedColumns(n) / COLUMNS;
  const first = (task % perEntry) * perTask;
  const last = min(numPanels, first + perTask);
  const padded = <usize>paddedColumns(n) << 2;
  const column = first * COLUMNS;
  const columns = min(n, last * COLUMNS) - column;
  for (let k0 = 0; k0 < k; k0 += kBlock) {
    const kc = min(kBlock, k - k0);
    const from = transposed
      ? source + <usize>column * stride + (<usize>k0 << 2)
      : source + <usize>k0 * stride + (<usize>column << 2);
    packBlockB(target + <usize>k0 * padded + <usize>first * <usize>kc * COLUMN_BYTES, from, stride, transposed, columns, kc);
  }
}

/** One MC x NC block of C of one batch entry. */
export function gemmTask(task: i32, thread: i32): void {
  const m = paramInt(3);
  const n = paramInt(4);
  const k = paramInt(5);
  const strideA = paramPointer(6);
  const strideC = paramPointer(8);
  const transposedA = paramInt(9);
  const accumulate = paramInt(14);
  const kBlock = paramInt(18);
  const mBlock = paramInt(19);
  const nBlock = paramInt(20);
  const rowBlocks = paramInt(21);
  const columnBlocks = paramInt(22);
  const perEntry = rowBlocks * columnBlocks;
  const entry = task / perEntry;
  const inEntry = task % perEntry;
  const row = (inEntry % rowBlocks) * mBlock;
  const column = (inEntry / rowBlocks) * nBlock;
  const rows = min(mBlock, m - row);
  const columns = min(nBlock, n - column);
  const a = paramPointer(0) + <usize>entry * paramPointer(11);
  const c = paramPointer(2) + <usize>entry * paramPointer(13) + <usize>row * strideC + (<usize>column << 2);
  const packedB = paramPointer(15) + <usize>entry * paramPointer(25);
  const scratch = paramPointer(16) + <usize>thread * paramPointer(17);
  const padded = <usize>paddedColumns(n) << 2;
  for (let k0 = 0; k0 < k; k0 += kBlock) {
    const kc = min(kBlock, k - k0);
    const from = transposedA
      ? a + <usize>k0 * strideA + (<usize>row << 2)
      : a + <usize>row * strideA + (<usize>k0 << 2);
    packBlockA(scratch, from, strideA, transposedA, rows, kc);
    const b = packedB + <usize>k0 * padded + (<usize>column << 2) * <usize>kc;
    multiplyPacked(kc, scratch, b, c, strideC, rows, columns, accumulate | (k0 > 0 ? 1 : 0), thread);
  }
}

/** Few rows times B stored [n, k]: dot products, no packing. Slot 23 is the number of columns per task. */
export function gemvTransposedTask(task: i32, thread: i32): void {
  const m = paramInt(3);
  const n = paramInt(4);
  const k = paramInt(5);
  const strideA = paramPointer(6);
  const strideB = paramPointer(7);
  const strideC = paramPointer(8);
  const perTask = paramInt(23);
  const perEntry = paramInt(24);
  const entry = task / perEntry;
  const first = (task % perEntry) * perTask;
  const last = min(n, first + perTask);
  const a = paramPointer(0) + <usize>entry * paramPointer(11);
  const b = paramPointer(1) + <usize>entry * paramPointer(12);
  const c = paramPointer(2) + <usize>entry * paramPointer(13);
  const accumulate = paramInt(14);
  const tile = edgeTile(thread);
  let column = first;
  for (; column + 4 <= last; column += 4) {
    const y = b + <usize>column * strideB;
    let x = a;
    let to = c + (<usize>column << 2);
    let row = 0;
    for (; row + 2 <= m; row += 2) {
      dots2x4(k, x, strideA, y, strideB, to, strideC, accumulate, tile);
      x += strideA + strideA;
      to += strideC + strideC;
    }
    if (row < m) dots1x4(k, x, y, strideB, to, accumulate, tile);
  }
  for (; column < last; column++) {
    const y = b + <usize>column * strideB;
    for (let row = 0; row < m; row++)
      dot(k, a + <usize>row * strideA, y, c + <usize>row * strideC + (<usize>column << 2), accumulate, tile);
  }
}

/** Few rows times B stored [k, n]: sums of scaled rows, no packing. Slot 23 is the number of columns per task. */
export function gemvTask(task: i32): void {
  const m = paramInt(3);
  const n = paramInt(4);
  const k = paramInt(5);
  const strideA = paramPointer(6);
  const strideB = paramPointer(7);
  const strideC = paramPointer(8);
  const perTask = paramInt(23);
  const perEntry = paramInt(24);
  const entry = task / perEntry;
  const first = (task % perEntry) * perTask;
  const last = min(n, first + perTask);
  const a = paramPointer(0) + <usize>entry * paramPointer(11);
  const b = paramPointer(1) + <usize>entry * paramPointer(12);
  const c = paramPointer(2) + <usize>entry * paramPointer(13);
  const accumulate = paramInt(14);
  for (let row = 0; row < m; row++) {
    const x = a + <usize>row * strideA;
    let column = first;
    for (; column + 16 <= last; column += 16) {
      let y = b + (<usize>column << 2);
      let s0 = f32x4.splat(0);
      let s1 = f32x4.splat(0);
      let s2 = f32x4.splat(0);
      let s3 = f32x4.splat(0);
      for (let i = 0; i < k; i++) {
        const v = v128.load32_splat(x + (<usize>i << 2));
        s0 = madd(v, v128.load(y), s0);
        s1 = madd(v, v128.load(y, 16), s1);
        s2 = madd(v, v128.load(y, 32), s2);
        s3 = madd(v, v128.load(y, 48), s3);
        y += strideB;
      }
      const to = c + <usize>row * strideC + (<usize>column << 2);
      if (accumulate) {
        s0 = f32x4.add(s0, v128.load(to));
        s1 = f32x4.add(s1, v128.load(to, 16));
        s2 = f32x4.add(s2, v128.load(to, 32));
        s3 = f32x4.add(s3, v128.load(to, 48));
      }
      v128.store(to, s0);
      v128.store(to, s1, 16);
      v128.store(to, s2, 32);
      v128.store(to, s3, 48);
    }
    for (; column < last; column++) {
      let y = b + (<usize>column << 2);
      let sum: f32 = 0;
      for (let i = 0; i < k; i++) {
        sum += load<f32>(x + (<usize>i << 2)) * load<f32>(y);
        y += strideB;
      }
      const to = c + <usize>row * strideC + (<usize>column << 2);
      store<f32>(to, accumulate ? load<f32>(to) + sum : sum);
    }
  }
}
