/**
 * Sums and maxima over [outer, reduced, inner], softmax over rows, sum of squares.
 *
 * Work is cut by shape only, so results do not depend on the number of threads.
 * Parameter slots of reduceTask: 0 x, 1 out, 2 operation (0 sum, 1 max, 2 min), 3 outer, 4 reduced, 5 inner, 6 outer per task, 7 divisor of the result,
 * 8 inner columns per task.
 */
import { paramFloat, paramInt, paramPointer } from './layout';
import { expFlushed, horizontalMax, horizontalSum, loadPartial, madd, storePartial } from './simd';

/** Sum of n floats: 16 running sums, then a fixed tree. */
export function sumRow(x: usize, n: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const at = x + (<usize>i << 2);
    s0 = f32x4.add(s0, v128.load(at));
    s1 = f32x4.add(s1, v128.load(at, 16));
    s2 = f32x4.add(s2, v128.load(at, 32));
    s3 = f32x4.add(s3, v128.load(at, 48));
  }
  for (; i + 4 <= n; i += 4) s0 = f32x4.add(s0, v128.load(x + (<usize>i << 2)));
  if (i < n) s1 = f32x4.add(s1, loadPartial(x + (<usize>i << 2), n - i));
  return horizontalSum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
}

/** Largest of n floats; NaN if any is NaN. pmax is one instruction but forgets NaN, so that is noted apart. */
export function maxRow(x: usize, n: i32): f32 {
  let m0 = f32x4.splat(-Infinity);
  let m1 = m0;
  let nan = i32x4.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const u = v128.load(x + (<usize>i << 2));
    const v = v128.load(x + (<usize>i << 2), 16);
    m0 = f32x4.pmax(m0, u);
    m1 = f32x4.pmax(m1, v);
    nan = v128.or(nan, v128.or(f32x4.ne(u, u), f32x4.ne(v, v)));
  }
  if (v128.any_true(nan)) return NaN;
  let result = horizontalMax(f32x4.pmax(m0, m1));
  for (; i < n; i++) result = max(result, load<f32>(x + (<usize>i << 2)));
  return result;
}

function minRow(x: usize, n: i32): f32 {
  let result: f32 = Infinity;
  for (let i = 0; i < n; i++) result = min(result, load<f32>(x + (<usize>i << 2)));
  return result;
}

// @ts-ignore: decorator
@inline
function combine(operation: i32, a: v128, b: v128): v128 {
  if (operation == 0) return f32x4.add(a, b);
  if (operation == 1) return f32x4.max(a, b);
  return f32x4.min(a, b);
}

/** Combines `reduced` rows column by column, top to bottom. */
function reduceColumns(operation: i32, x: usize, out: usize, reduced: i32, stride: usize, n: i32, divisor: f32): void {
  const scale = f32x4.splat(divisor);
  let column = 0;
  for (; column + 16 <= n; column += 16) {
    let at = x + (<usize>column << 2);
    let s0 = v128.load(at);
    let s1 = v128.load(at, 16);
    let s2 = v128.load(at, 32);
    let s3 = v128.load(at, 48);
    for (let r = 1; r < reduced; r++) {
      at += stride;
      s0 = combine(operation, s0, v128.load(at));
      s1 = combine(operation, s1, v128.load(at, 16));
      s2 = combine(operation, s2, v128.load(at, 32));
      s3 = combine(operation, s3, v128.load(at, 48));
    }
    const to = out + (<usize>column << 2);
    v128.store(to, f32x4.div(s0, scale));
    v128.store(to, f32x4.div(s1, scale), 16);
    v128.store(to, f32x4.div(s2, scale), 32);
    v128.store(to, f32x4.div(s3, scale), 48);
  }
  for (; column < n; column += 4) {
    const count = min(4, n - column);
    let at = x + (<usize>column << 2);
    let s = count == 4 ? v128.load(at) : loadPartial(at, count);
    for (let r = 1; r < reduced; r++) {
      at += stride;
      s = combine(operation, s, count == 4 ? v128.load(at) : loadPartial(at, count));
    }
    s = f32x4.div(s, scale);
    const to = out + (<usize>column << 2);
    if (count == 4) v128.store(to, s);
    else storePartial(to, s, count);
  }
}

export function reduceTask(task: i32): void {
  const x = paramPointer(0);
  const out = paramPointer(1);
  const operation = paramInt(2);
  const outer = paramInt(3);
  const reduced = paramInt(4);
  const inner = paramInt(5);
  const perTask = paramInt(6);
  const divisor = paramFloat(7);
  if (inner == 1) {
    const first = task * perTask;
    const last = min(outer, first + perTask);
    for (let i = first; i < last; i++) {
      const row = x + <usize>i * (<usize>reduced << 2);
      const result = operation == 0 ? sumRow(row, reduced) : operation == 1 ? maxRow(row, reduced) : minRow(row, reduced);
      store<f32>(out + (<usize>i << 2), result / divisor);
    }
    return;
  }
  const columns = paramInt(8);
  const columnTasks = (inner + columns - 1) / columns;
  const i = task / columnTasks;
  const column = (task % columnTasks) * columns;
  const n = min(columns, inner - column);
  const stride = <usize>inner << 2;
  const source = x + <usize>i * <usize>reduced * stride + (<usize>column << 2);
  const target = out + <usize>i * stride + (<usize>column << 2);
  if (operation == 0) reduceColumns(0, source, target, reduced, stride, n, divisor);
  else if (operation == 1) reduceColumns(1, source, target, reduced, stride, n, divisor);
  else reduceColumns(2, source, target, reduced, stride, n, divisor);
}

/** Sums of chunks of a long row. Slots: 0 x, 1 partial sums, 2 operation (0 sum, 1 max, 2 min), 3 elements, 4 chunk. */
export function chunkTask(task: i32): void {
  const chunk = paramInt(4);
  const first = task * chunk;
  const n = min(chunk, paramInt(3) - first);
  const x = paramPointer(0) + (<usize>first << 2);
  const operation = paramInt(2);
  const result = operation == 0 ? sumRow(x, n) : operation == 1 ? maxRow(x, n) : minRow(x, n);
  store<f32>(paramPointer(1) + (<usize>task << 2), result);
}

/** Sums of squares of chunks, kept as f64. Slots as in chunkTask. */
export function squaresTask(task: i32): void {
  const chunk = paramInt(4);
  const first = task * chunk;
  const n = min(chunk, paramInt(3) - first);
  const x = paramPointer(0) + (<usize>first << 2);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x + (<usize>i << 2));
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
    s0 = f64x2.add(s0, f64x2.mul(low, low));
    s1 = f64x2.add(s1, f64x2.mul(high, high));
  }
  s0 = f64x2.add(s0, s1);
  let sum = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  for (; i < n; i++) {
    const v = <f64>load<f32>(x + (<usize>i << 2));
    sum += v * v;
  }
  store<f64>(paramPointer(1) + (<usize>task << 3), sum);
}

/** Adds the f64 partial sums of squaresTask in order. Slots: 0 partial sums, 1 out, 3 count. */
export function squaresTotalTask(): void {
  const n = paramInt(3);
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) sum += load<f64>(paramPointer(0) + (<usize>i << 3));
  store<f32>(paramPointer(1), <f32>sum);
}

/** Softmax's smallest terms: below it e^x is denormal. */
const SMALLEST: f32 = -87.3;
/** Terms of a weighted sum, some 1e-28 of the largest: what they add is less than rounding takes, and what is made of them is not denormal either. */
export const NEGLIGIBLE: f32 = -64;

/** exp(x * scale - shift) to out, 0 where the exponent is below `limit`; gives back the sum. Eight at once, which the wide build joins. */
export function expRow(x: usize, out: usize, n: i32, scale: f32, shift: f32, limit: f32): f32 {
  const wholeScale = f32x4.splat(scale);
  const wholeShift = f32x4.splat(-shift);
  const wholeLimit = f32x4.splat(limit);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    const x0 = v128.load(x + at);
    const x1 = v128.load(x + at, 16);
    const e0 = expFlushed(madd(x0, wholeScale, wholeShift), wholeLimit);
    const e1 = expFlushed(madd(x1, wholeScale, wholeShift), wholeLimit);
    v128.store(out + at, e0);
    v128.store(out + at, e1, 16);
    s0 = f32x4.add(s0, e0);
    s1 = f32x4.add(s1, e1);
  }
  let sum = horizontalSum(f32x4.add(s0, s1));
  for (; i < n; i++) {
    const at = <usize>i << 2;
    const e = f32x4.extract_lane(expFlushed(madd(v128.load32_splat(x + at), wholeScale, wholeShift), wholeLimit), 0);
    store<f32>(out + at, e);
    sum += e;
  }
  return sum;
}

/** out = x * factor. */
export function scaleRow(x: usize, out: usize, n: i32, factor: f32): void {
  const whole = f32x4.splat(factor);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    const y0 = f32x4.mul(v128.load(x + at), whole);
    const y1 = f32x4.mul(v128.load(x + at, 16), whole);
    v128.store(out + at, y0);
    v128.store(out + at, y1, 16);
  }
  for (; i < n; i++) store<f32>(out + (<usize>i << 2), load<f32>(x + (<usize>i << 2)) * factor);
}

/** Zeros to x. For a row of a tile: `memory.fill` is a call out of the module, which costs more than so few stores. */
export function clearRow(x: usize, n: i32): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(x + (<usize>i << 2), zero);
  for (; i < n; i++) store<f32>(x + (<usize>i << 2), 0);
}

/** Softmax (operation 0) or log-softmax (1) of rows. Slots: 0 x, 1 out, 2 operation, 3 rows, 4 columns, 6 rows per task. */
export function softmaxTask(task: i32): void {
  const columns = paramInt(4);
  const perTask = paramInt(6);
  const first = task * perTask;
  const last = min(paramInt(3), first + perTask);
  for (let r = first; r < last; r++) {
    const offset = <usize>r * (<usize>columns << 2);
    const x = paramPointer(0) + offset;
    const out = paramPointer(1) + offset;
    const largest = maxRow(x, columns);
    const sum = expRow(x, out, columns, 1, largest, SMALLEST);
    if (paramInt(2) == 0) {
      scaleRow(out, out, columns, <f32>1 / sum);
    } else {
      const shift = Mathf.log(sum) + largest;
      for (let i = 0; i < columns; i++) store<f32>(out + (<usize>i << 2), load<f32>(x + (<usize>i << 2)) - shift);
    }
  }
}
