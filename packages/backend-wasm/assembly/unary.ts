/**
 * Elementwise float operations of one operand, and fills.
 *
 * Parameter slots: 0 x, 1 out, 2 operation, 3 number of elements, 4 elements per task, 5 the four bytes of the fill value.
 */
import { paramInt, paramPointer } from './layout';
import { expVector, loadPartial, sigmoidVector, storePartial, tanhVector } from './simd';

function logVector(v: v128): v128 {
  return f32x4(
    Mathf.log(f32x4.extract_lane(v, 0)), Mathf.log(f32x4.extract_lane(v, 1)),
    Mathf.log(f32x4.extract_lane(v, 2)), Mathf.log(f32x4.extract_lane(v, 3)),
  );
}

function log1pVector(v: v128): v128 {
  return f32x4(
    Mathf.log1p(f32x4.extract_lane(v, 0)), Mathf.log1p(f32x4.extract_lane(v, 1)),
    Mathf.log1p(f32x4.extract_lane(v, 2)), Mathf.log1p(f32x4.extract_lane(v, 3)),
  );
}

// @ts-ignore: decorator
@inline
function apply(operation: i32, x: v128): v128 {
  const one = f32x4.splat(1.0);
  switch (operation) {
    case 0: return f32x4.neg(x);
    case 1: return expVector(x);
    case 2: return f32x4.sqrt(x);
    case 3: return f32x4.div(one, f32x4.sqrt(x));
    case 4: return f32x4.mul(x, x);
    case 5: return sigmoidVector(x);
    case 6: return f32x4.pmax(x, f32x4.splat(0));
    case 7: return tanhVector(x);
    case 8: return f32x4.abs(x);
    case 9: return f32x4.div(one, x);
    case 10: return logVector(x);
    default: return log1pVector(x);
  }
}

// @ts-ignore: decorator
@inline
function loop(operation: i32, x: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const at = <usize>i << 2;
    v128.store(out + at, apply(operation, v128.load(x + at)));
  }
  if (i < n) {
    const at = <usize>i << 2;
    storePartial(out + at, apply(operation, loadPartial(x + at, n - i)), n - i);
  }
}

export function unaryTask(task: i32): void {
  const perTask = paramInt(4);
  const first = task * perTask;
  const n = min(perTask, paramInt(3) - first);
  const x = paramPointer(0) + (<usize>first << 2);
  const out = paramPointer(1) + (<usize>first << 2);
  switch (paramInt(2)) {
    case 0: loop(0, x, out, n); break;
    case 1: loop(1, x, out, n); break;
    case 2: loop(2, x, out, n); break;
    case 3: loop(3, x, out, n); break;
    case 4: loop(4, x, out, n); break;
    case 5: loop(5, x, out, n); break;
    case 6: loop(6, x, out, n); break;
    case 7: loop(7, x, out, n); break;
    case 8: loop(8, x, out, n); break;
    case 9: loop(9, x, out, n); break;
    case 10: loop(10, x, out, n); break;
    default: loop(11, x, out, n);
  }
}

/** Fills with one four-byte value. */
export function fillTask(task: i32): void {
  const perTask = paramInt(4);
  const first = task * perTask;
  const n = min(perTask, paramInt(3) - first);
  const out = paramPointer(1) + (<usize>first << 2);
  const value = paramInt(5);
  const whole = i32x4.splat(value);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), whole);
  for (; i < n; i++) store<i32>(out + (<usize>i << 2), value);
}

/** int32 to float32 (operation 0), bool to float32 (1), bool to int32 (2), float32 to int32 (3). */
export function castTask(task: i32): void {
  const perTask = paramInt(4);
  const first = task * perTask;
  const last = min(paramInt(3), first + perTask);
  const x = paramPointer(0);
  const out = paramPointer(1);
  const operation = paramInt(2);
  if (operation == 0) {
    for (let i = first; i < last; i++) store<f32>(out + (<usize>i << 2), <f32>load<i32>(x + (<usize>i << 2)));
  } else if (operation == 1) {
    for (let i = first; i < last; i++) store<f32>(out + (<usize>i << 2), <f32>load<u8>(x + <usize>i));
  } else if (operation == 2) {
    for (let i = first; i < last; i++) store<i32>(out + (<usize>i << 2), <i32>load<u8>(x + <usize>i));
  } else {
    for (let i = first; i < last; i++) {
      store<i32>(out + (<usize>i << 2), i32x4.extract_lane(i32x4.trunc_sat_f32x4_s(v128.load32_splat(x + (<usize>i << 2))), 0));
    }
  }
}
