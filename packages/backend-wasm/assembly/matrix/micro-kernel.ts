/**
 * The 6x8 micro-kernel of every matrix product: twelve accumulators, two column vectors and one broadcast fill the fifteen SIMD registers that V8 hands out.
 *
 * The loop is not unrolled on purpose: V8 unrolls it by four itself, and allocates registers worse when it finds it unrolled (docs/decisions/0002).
 */
import { EDGE_TILES } from '../layout';
import { COLUMNS, ROWS } from './pack';
import { madd } from '../simd';

/**
 * C[6, 8] (+)= A panel * B panel.
 * @param stride bytes between rows of C
 * @param accumulate 0 overwrites C
 */
export function micro(kc: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: i32): void {
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
  if (accumulate) {
    let row = c;
    v128.store(row, f32x4.add(v128.load(row), c00));
    v128.store(row, f32x4.add(v128.load(row, 16), c01), 16);
    row += stride;
    v128.store(row, f32x4.add(v128.load(row), c10));
    v128.store(row, f32x4.add(v128.load(row, 16), c11), 16);
    row += stride;
    v128.store(row, f32x4.add(v128.load(row), c20));
    v128.store(row, f32x4.add(v128.load(row, 16), c21), 16);
    row += stride;
    v128.store(row, f32x4.add(v128.load(row), c30));
    v128.store(row, f32x4.add(v128.load(row, 16), c31), 16);
    row += stride;
    v128.store(row, f32x4.add(v128.load(row), c40));
    v128.store(row, f32x4.add(v128.load(row, 16), c41), 16);
    row += stride;
    v128.store(row, f32x4.add(v128.load(row), c50));
    v128.store(row, f32x4.add(v128.load(row, 16), c51), 16);
  } else {
    let row = c;
    v128.store(row, c00);
    v128.store(row, c01, 16);
    row += stride;
    v128.store(row, c10);
    v128.store(row, c11, 16);
    row += stride;
    v128.store(row, c20);
    v128.store(row, c21, 16);
    row += stride;
    v128.store(row, c30);
    v128.store(row, c31, 16);
    row += stride;
    v128.store(row, c40);
    v128.store(row, c41, 16);
    row += stride;
    v128.store(row, c50);
    v128.store(row, c51, 16);
  }
}

/** C[m, n] (+)= packed A block * packed B panels; ragged edges go through a small tile of the thread. */
export function multiplyPacked(
  kc: i32, packedA: usize, packedB: usize, c: usize, stride: usize, m: i32, n: i32, accumulate: i32, thread: i32,
): void {
  const tile = EDGE_TILES + (<usize>thread << 8);
  const panelA = <usize>kc * 24;
  const panelB = <usize>kc << 5;
  for (let column = 0; column < n; column += COLUMNS) {
    const columns = min(COLUMNS, n - column);
    let a = packedA;
    let target = c + (<usize>column << 2);
    for (let row = 0; row < m; row += ROWS) {
      const rows = min(ROWS, m - row);
      if (rows == ROWS && columns == COLUMNS) {
        micro(kc, a, packedB, target, stride, accumulate);
      } else {
        micro(kc, a, packedB, tile, 32, 0);
        for (let i = 0; i < rows; i++) {
          const from = tile + (<usize>i << 5);
          const to = target + <usize>i * stride;
          for (let j = 0; j < columns; j++) {
            const value = load<f32>(from + (<usize>j << 2));
            const at = to + (<usize>j << 2);
            store<f32>(at, accumulate ? load<f32>(at) + value : value);
          }
        }
      }
      a += panelA;
      target += stride * 6;
    }
    packedB += panelB;
  }
}
