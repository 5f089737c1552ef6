/**
 * The micro-kernels of every matrix product.
 *
 * 6x8: twelve accumulators, two column vectors and one broadcast fill the fifteen SIMD registers that V8 hands out. 6x16, of the wide build: each pair of
 * neighbouring vectors becomes one of 256 bits, so that the same fifteen registers are filled. V8 joins only what ends in stores with no read between
 * them, so both kernels write their sums and read nothing; adding to C is another pass.
 *
 * The loops are not unrolled on purpose: V8 unrolls 128-bit ones by four itself, and allocates registers worse when it finds them unrolled (docs/decisions/0002).
 */
import { edgeTile } from '../layout';
import { COLUMN_BYTES, COLUMNS, ROWS } from './pack';
import { madd } from '../simd';

/** Where a row's second vector goes. The wide build runs this kernel only to be compared with, and must not join it: apart it cannot. */
const SECOND: usize = WIDE ? 64 : 16;

/**
 * C[6, 8] = A panel * B panel.
 * @param stride bytes between rows of C
 */
function microNarrow(kc: i32, a: usize, b: usize, c: usize, stride: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  const end = b + (<usize>kc << 5);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const x0 = v128.load32_splat(a);
    c00 = madd(x0, b0, c00);
    c01 = madd(x0, b1, c01);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(x1, b0, c10);
    c11 = madd(x1, b1, c11);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(x2, b0, c20);
    c21 = madd(x2, b1, c21);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(x3, b0, c30);
    c31 = madd(x3, b1, c31);
    const x4 = v128.load32_splat(a, 16);
    c40 = madd(x4, b0, c40);
    c41 = madd(x4, b1, c41);
    const x5 = v128.load32_splat(a, 20);
    c50 = madd(x5, b0, c50);
    c51 = madd(x5, b1, c51);
    a += 24;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, SECOND);
  c += stride;
  v128.store(c, c10);
  v128.store(c, c11, SECOND);
  c += stride;
  v128.store(c, c20);
  v128.store(c, c21, SECOND);
  c += stride;
  v128.store(c, c30);
  v128.store(c, c31, SECOND);
  c += stride;
  v128.store(c, c40);
  v128.store(c, c41, SECOND);
  c += stride;
  v128.store(c, c50);
  v128.store(c, c51, SECOND);
}

/** C[6, 16] = A panel * B panel. */
function microWide(kc: i32, a: usize, b: usize, c: usize, stride: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c02 = f32x4.splat(0);
  let c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c12 = f32x4.splat(0);
  let c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c22 = f32x4.splat(0);
  let c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c32 = f32x4.splat(0);
  let c33 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c42 = f32x4.splat(0);
  let c43 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  let c52 = f32x4.splat(0);
  let c53 = f32x4.splat(0);
  const end = b + (<usize>kc << 6);
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const x0 = v128.load32_splat(a);
    c00 = madd(x0, b0, c00);
    c01 = madd(x0, b1, c01);
    c02 = madd(x0, b2, c02);
    c03 = madd(x0, b3, c03);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(x1, b0, c10);
    c11 = madd(x1, b1, c11);
    c12 = madd(x1, b2, c12);
    c13 = madd(x1, b3, c13);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(x2, b0, c20);
    c21 = madd(x2, b1, c21);
    c22 = madd(x2, b2, c22);
    c23 = madd(x2, b3, c23);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(x3, b0, c30);
    c31 = madd(x3, b1, c31);
    c32 = madd(x3, b2, c32);
    c33 = madd(x3, b3, c33);
    const x4 = v128.load32_splat(a, 16);
    c40 = madd(x4, b0, c40);
    c41 = madd(x4, b1, c41);
    c42 = madd(x4, b2, c42);
    c43 = madd(x4, b3, c43);
    const x5 = v128.load32_splat(a, 20);
    c50 = madd(x5, b0, c50);
    c51 = madd(x5, b1, c51);
    c52 = madd(x5, b2, c52);
    c53 = madd(x5, b3, c53);
    a += 24;
    b += 64;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c02, 32);
  v128.store(c, c03, 48);
  c += stride;
  v128.store(c, c10);
  v128.store(c, c11, 16);
  v128.store(c, c12, 32);
  v128.store(c, c13, 48);
  c += stride;
  v128.store(c, c20);
  v128.store(c, c21, 16);
  v128.store(c, c22, 32);
  v128.store(c, c23, 48);
  c += stride;
  v128.store(c, c30);
  v128.store(c, c31, 16);
  v128.store(c, c32, 32);
  v128.store(c, c33, 48);
  c += stride;
  v128.store(c, c40);
  v128.store(c, c41, 16);
  v128.store(c, c42, 32);
  v128.store(c, c43, 48);
  c += stride;
  v128.store(c, c50);
  v128.store(c, c51, 16);
  v128.store(c, c52, 32);
  v128.store(c, c53, 48);
}

// @ts-ignore: decorator
@inline
function micro(kc: i32, a: usize, b: usize, c: usize, stride: usize): void {
  if (WIDE) microWide(kc, a, b, c, stride);
  else microNarrow(kc, a, b, c, stride);
}

/** Runs one micro-kernel again and again on packed panels, to be checked and timed before a build is chosen. C has 64 bytes a row, and 64 more after. */
export function tryMicro(wide: i32, kc: i32, a: usize, b: usize, c: usize, repeats: i32): void {
  for (let i = 0; i < repeats; i++) {
    if (WIDE && wide) microWide(kc, a, b, c, 64);
    else microNarrow(kc, a, b, c, 64);
  }
}

/** C[6, COLUMNS] += a dense tile. */
function addWholeTile(c: usize, stride: usize, tile: usize): void {
  for (let i = 0; i < ROWS; i++) {
    v128.store(c, f32x4.add(v128.load(c), v128.load(tile)));
    v128.store(c, f32x4.add(v128.load(c, 16), v128.load(tile, 16)), 16);
    if (WIDE) {
      v128.store(c, f32x4.add(v128.load(c, 32), v128.load(tile, 32)), 32);
      v128.store(c, f32x4.add(v128.load(c, 48), v128.load(tile, 48)), 48);
    }
    c += stride;
    tile += COLUMN_BYTES;
  }
}

/** C[rows, columns] (+)= a part of a dense tile. */
function putPartOfTile(c: usize, stride: usize, tile: usize, rows: i32, columns: i32, accumulate: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j: usize = 0; j < <usize>columns << 2; j += 4) {
      const value = load<f32>(tile + j);
      store<f32>(c + j, accumulate ? load<f32>(c + j) + value : value);
    }
    c += stride;
    tile += COLUMN_BYTES;
  }
}

/** C[m, n] (+)= packed A block * packed B panels; sums to be added and ragged edges go through a small tile of the thread. */
export function multiplyPacked(
  kc: i32, packedA: usize, packedB: usize, c: usize, stride: usize, m: i32, n: i32, accumulate: i32, thread: i32,
): void {
  multiplyPart(kc, packedA, packedB, kc, c, stride, m, n, accumulate, thread);
}

/** The same of the first `kc` steps of B, whose panels were packed with `packedDepth`. */
export function multiplyPart(
  kc: i32, packedA: usize, packedB: usize, packedDepth: i32, c: usize, stride: usize, m: i32, n: i32, accumulate: i32, thread: i32,
): void {
  const tile = edgeTile(thread);
  const panelA = <usize>kc * 24;
  const panelB = <usize>packedDepth * COLUMN_BYTES;
  for (let column = 0; column < n; column += COLUMNS) {
    const columns = min(COLUMNS, n - column);
    let a = packedA;
    let target = c + (<usize>column << 2);
    for (let row = 0; row < m; row += ROWS) {
      const rows = min(ROWS, m - row);
      if (rows < ROWS || columns < COLUMNS) {
        micro(kc, a, packedB, tile, COLUMN_BYTES);
        putPartOfTile(target, stride, tile, rows, columns, accumulate);
      } else if (accumulate) {
        micro(kc, a, packedB, tile, COLUMN_BYTES);
        addWholeTile(target, stride, tile);
      } else {
        micro(kc, a, packedB, target, stride);
      }
      a += panelA;
      target += stride * 6;
    }
    packedB += panelB;
  }
}
