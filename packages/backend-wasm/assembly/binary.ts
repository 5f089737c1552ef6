/**
 * Elementwise float operations of two operands with broadcasting over at most four collapsed dimensions.
 *
 * Parameter slots: 0 a, 1 b, 2 out, 3 operation, 4-7 dims (outermost first), 8-11 strides of a, 12-15 strides of b (elements),
 * 16 rows per task, 17 inner elements per task.
 */
import { paramInt, paramPointer } from './layout';
import { loadPartial, storePartial } from './simd';

// @ts-ignore: decorator
@inline
function apply(operation: i32, a: v128, b: v128): v128 {
  switch (operation) {
    case 0: return f32x4.add(a, b);
    case 1: return f32x4.sub(a, b);
    case 2: return f32x4.mul(a, b);
    case 3: return f32x4.div(a, b);
    case 4: return f32x4.max(a, b);
    case 5: return f32x4.min(a, b);
    default: {
      const d = f32x4.sub(a, b);
      return f32x4.mul(d, d);
    }
  }
}

// @ts-ignore: decorator
@inline
function loop(operation: i32, a: usize, b: usize, out: usize, n: i32, stepA: i32, stepB: i32): void {
  const wholeA = v128.load32_splat(a);
  const wholeB = v128.load32_splat(b);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    const x = stepA ? v128.load(a + at) : wholeA;
    const y = stepB ? v128.load(b + at) : wholeB;
    v128.store(out + at, apply(operation, x, y));
  }
  const rest = n - i;
  if (rest > 0) {
    const at = <usize>i << 2;
    const x = stepA ? loadPartial(a + at, rest) : wholeA;
    const y = stepB ? loadPartial(b + at, rest) : wholeB;
    storePartial(out + at, apply(operation, x, y), rest);
  }
}

// @ts-ignore: decorator
@inline
function row(operation: i32, a: usize, b: usize, out: usize, n: i32, stepA: i32, stepB: i32): void {
  if (stepA && stepB) loop(operation, a, b, out, n, 1, 1);
  else if (stepA) loop(operation, a, b, out, n, 1, 0);
  else loop(operation, a, b, out, n, 0, 1);
}

function rowOf(operation: i32, a: usize, b: usize, out: usize, n: i32, stepA: i32, stepB: i32): void {
  switch (operation) {
    case 0: row(0, a, b, out, n, stepA, stepB); break;
    case 1: row(1, a, b, out, n, stepA, stepB); break;
    case 2: row(2, a, b, out, n, stepA, stepB); break;
    case 3: row(3, a, b, out, n, stepA, stepB); break;
    case 4: row(4, a, b, out, n, stepA, stepB); break;
    case 5: row(5, a, b, out, n, stepA, stepB); break;
    default: row(6, a, b, out, n, stepA, stepB);
  }
}

export function binaryTask(task: i32): void {
  const operation = paramInt(3);
  const d1 = paramInt(5);
  const d2 = paramInt(6);
  const inner = paramInt(7);
  const numRows = paramInt(4) * d1 * d2;
  const rowsPerTask = paramInt(16);
  const innerPerTask = paramInt(17);
  const innerTasks = (inner + innerPerTask - 1) / innerPerTask;
  const from = (task % innerTasks) * innerPerTask;
  const n = min(innerPerTask, inner - from);
  const first = (task / innerTasks) * rowsPerTask;
  const last = min(numRows, first + rowsPerTask);
  const stepA = paramInt(11);
  const stepB = paramInt(15);
  for (let r = first; r < last; r++) {
    const i2 = r % d2;
    const upper = r / d2;
    const i1 = upper % d1;
    const i0 = upper / d1;
    const a = i0 * paramInt(8) + i1 * paramInt(9) + i2 * paramInt(10) + from * stepA;
    const b = i0 * paramInt(12) + i1 * paramInt(13) + i2 * paramInt(14) + from * stepB;
    const out = <usize>r * <usize>inner + <usize>from;
    rowOf(
      operation, paramPointer(0) + (<usize>a << 2), paramPointer(1) + (<usize>b << 2), paramPointer(2) + (out << 2), n, stepA, stepB,
    );
  }
}
