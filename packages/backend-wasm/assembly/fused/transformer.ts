/**
 * The row-wise fused kernels of a transformer: RMS normalization, rotary embedding, SwiGLU, AdamW.
 */
import { paramFloat, paramInt, paramPointer } from '../layout';
import { horizontalSum, loadPartial, madd, sigmoidVector, storePartial } from '../simd';

/** Slots: 0 x, 1 weight, 2 y, 3 rstd, 4 rows, 5 columns, 6 rows per task, 7 eps. */
export function rmsNormTask(task: i32): void {
  const columns = paramInt(5);
  const perTask = paramInt(6);
  const first = task * perTask;
  const last = min(paramInt(4), first + perTask);
  const weight = paramPointer(1);
  for (let r = first; r < last; r++) {
    const offset = <usize>r * (<usize>columns << 2);
    const x = paramPointer(0) + offset;
    const y = paramPointer(2) + offset;
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let i = 0;
    for (; i + 8 <= columns; i += 8) {
      const u = v128.load(x + (<usize>i << 2));
      const v = v128.load(x + (<usize>i << 2), 16);
      s0 = madd(u, u, s0);
      s1 = madd(v, v, s1);
    }
    let sum = horizontalSum(f32x4.add(s0, s1));
    for (; i < columns; i++) {
      const v = load<f32>(x + (<usize>i << 2));
      sum += v * v;
    }
    const rstd = <f32>1 / sqrt<f32>(sum / <f32>columns + paramFloat(7));
    store<f32>(paramPointer(3) + (<usize>r << 2), rstd);
    const whole = f32x4.splat(rstd);
    i = 0;
    for (; i + 8 <= columns; i += 8) {
      const at = <usize>i << 2;
      const y0 = f32x4.mul(f32x4.mul(v128.load(x + at), whole), v128.load(weight + at));
      const y1 = f32x4.mul(f32x4.mul(v128.load(x + at, 16), whole), v128.load(weight + at, 16));
      v128.store(y + at, y0);
      v128.store(y + at, y1, 16);
    }
    for (; i < columns; i++) {
      const at = <usize>i << 2;
      store<f32>(y + at, load<f32>(x + at) * rstd * load<f32>(weight + at));
    }
  }
}

/**
 * dx, and per task one row of partial dweight (added up in order afterwards).
 * Slots: 0 dy, 1 x, 2 weight, 3 rstd, 4 rows, 5 columns, 6 rows per task, 7 dx, 8 partial dweight [tasks, columns].
 */
export function rmsNormGradTask(task: i32): void {
  const columns = paramInt(5);
  const perTask = paramInt(6);
  const first = task * perTask;
  const last = min(paramInt(4), first + perTask);
  const weight = paramPointer(2);
  const partial = paramPointer(8) + <usize>task * (<usize>columns << 2);
  memory.fill(partial, 0, <usize>columns << 2);
  for (let r = first; r < last; r++) {
    const offset = <usize>r * (<usize>columns << 2);
    const dy = paramPointer(0) + offset;
    const x = paramPointer(1) + offset;
    const dx = paramPointer(7) + offset;
    const rstd = load<f32>(paramPointer(3) + (<usize>r << 2));
    const whole = f32x4.splat(rstd);
    let s = f32x4.splat(0);
    let i = 0;
    for (; i + 4 <= columns; i += 4) {
      const at = <usize>i << 2;
      const g = v128.load(dy + at);
      const normal = f32x4.mul(v128.load(x + at), whole);
      s = madd(f32x4.mul(g, v128.load(weight + at)), normal, s);
      v128.store(partial + at, madd(g, normal, v128.load(partial + at)));
    }
    let sum = horizontalSum(s);
    for (; i < columns; i++) {
      const at = <usize>i << 2;
      const g = load<f32>(dy + at);
      const normal = load<f32>(x + at) * rstd;
      sum += g * load<f32>(weight + at) * normal;
      store<f32>(partial + at, load<f32>(partial + at) + g * normal);
    }
    const mean = sum / <f32>columns;
    const wholeMean = f32x4.splat(mean);
    i = 0;
    for (; i + 8 <= columns; i += 8) {
      const at = <usize>i << 2;
      const n0 = f32x4.mul(v128.load(x + at), whole);
      const n1 = f32x4.mul(v128.load(x + at, 16), whole);
      const g0 = f32x4.mul(v128.load(dy + at), v128.load(weight + at));
      const g1 = f32x4.mul(v128.load(dy + at, 16), v128.load(weight + at, 16));
      const dx0 = f32x4.mul(whole, f32x4.sub(g0, f32x4.mul(n0, wholeMean)));
      const dx1 = f32x4.mul(whole, f32x4.sub(g1, f32x4.mul(n1, wholeMean)));
      v128.store(dx + at, dx0);
      v128.store(dx + at, dx1, 16);
    }
    for (; i < columns; i++) {
      const at = <usize>i << 2;
      store<f32>(dx + at, rstd * (load<f32>(dy + at) * load<f32>(weight + at) - load<f32>(x + at) * rstd * mean));
    }
  }
}

/**
 * Rotates halves: (a, b) -> (a cos - b sin, b cos + a sin); the sign of sin turns around for the inverse.
 * Slots: 0 x, 1 row of the table per position, 2 y, 3 rows (B L), 4 heads, 5 head size, 6 rows per task, 7 cos table, 8 sin table, 9 sign.
 */
export function ropeTask(task: i32): void {
  const heads = paramInt(4);
  const half = paramInt(5) >> 1;
  const perTask = paramInt(6);
  const first = task * perTask;
  const last = min(paramInt(3), first + perTask);
  const sign = paramFloat(9);
  const wholeSign = f32x4.splat(sign);
  const bytes = <usize>half << 2;
  for (let r = first; r < last; r++) {
    const row = <usize>load<u32>(paramPointer(1) + (<usize>r << 2)) * bytes;
    const cos = paramPointer(7) + row;
    const sin = paramPointer(8) + row;
    for (let h = 0; h < heads; h++) {
      const offset = (<usize>r * <usize>heads + <usize>h) * (bytes << 1);
      const a = paramPointer(0) + offset;
      const b = a + bytes;
      const ya = paramPointer(2) + offset;
      const yb = ya + bytes;
      let i = 0;
      for (; i + 4 <= half; i += 4) {
        const at = <usize>i << 2;
        const u = v128.load(a + at);
        const v = v128.load(b + at);
        const c = v128.load(cos + at);
        const s = f32x4.mul(v128.load(sin + at), wholeSign);
        v128.store(ya + at, f32x4.sub(f32x4.mul(u, c), f32x4.mul(v, s)));
        v128.store(yb + at, f32x4.add(f32x4.mul(v, c), f32x4.mul(u, s)));
      }
      for (; i < half; i++) {
        const at = <usize>i << 2;
        const u = load<f32>(a + at);
        const v = load<f32>(b + at);
        const c = load<f32>(cos + at);
        const s = load<f32>(sin + at) * sign;
        store<f32>(ya + at, u * c - v * s);
        store<f32>(yb + at, v * c + u * s);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function gated(g: v128, u: v128): v128 {
  return f32x4.mul(f32x4.mul(g, sigmoidVector(g)), u);
}

/** y = gate * sigmoid(gate) * up, eight at once, which the wide build joins. Slots: 0 gate, 1 up, 2 y, 3 elements, 4 elements per task. */
export function swigluTask(task: i32): void {
  const perTask = paramInt(4);
  const first = task * perTask;
  const n = min(perTask, paramInt(3) - first);
  const offset = <usize>first << 2;
  const gate = paramPointer(0) + offset;
  const up = paramPointer(1) + offset;
  const y = paramPointer(2) + offset;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    const y0 = gated(v128.load(gate + at), v128.load(up + at));
    const y1 = gated(v128.load(gate + at, 16), v128.load(up + at, 16));
    v128.store(y + at, y0);
    v128.store(y + at, y1, 16);
  }
  for (; i < n; i += 4) {
    const at = <usize>i << 2;
    const count = n - i;
    storePartial(y + at, gated(loadPartial(gate + at, count), loadPartial(up + at, count)), count);
  }
}

// @ts-ignore: decorator
@inline
function gateGrad(dy: v128, g: v128, s: v128, u: v128): v128 {
  const slope = f32x4.add(s, f32x4.mul(f32x4.mul(g, s), f32x4.sub(f32x4.splat(1), s)));
  return f32x4.mul(f32x4.mul(dy, u), slope);
}

/** Slots: 0 dy, 1 gate, 2 up, 3 elements, 4 elements per task, 5 dgate, 6 dup. */
export function swigluGradTask(task: i32): void {
  const perTask = paramInt(4);
  const first = task * perTask;
  const n = min(perTask, paramInt(3) - first);
  const offset = <usize>first << 2;
  const dy = paramPointer(0) + offset;
  const gate = paramPointer(1) + offset;
  const up = paramPointer(2) + offset;
  const dgate = paramPointer(5) + offset;
  const dup = paramPointer(6) + offset;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const at = <usize>i << 2;
    const d0 = v128.load(dy + at);
    const d1 = v128.load(dy + at, 16);
    const g0 = v128.load(gate + at);
    const g1 = v128.load(gate + at, 16);
    const u0 = v128.load(up + at);
    const u1 = v128.load(up + at, 16);
    const s0 = sigmoidVector(g0);
    const s1 = sigmoidVector(g1);
    const dg0 = gateGrad(d0, g0, s0, u0);
    const dg1 = gateGrad(d1, g1, s1, u1);
    const du0 = f32x4.mul(d0, f32x4.mul(g0, s0));
    const du1 = f32x4.mul(d1, f32x4.mul(g1, s1));
    v128.store(dgate + at, dg0);
    v128.store(dgate + at, dg1, 16);
    v128.store(dup + at, du0);
    v128.store(dup + at, du1, 16);
  }
  for (; i < n; i += 4) {
    const at = <usize>i << 2;
    const count = n - i;
    const d = loadPartial(dy + at, count);
    const g = loadPartial(gate + at, count);
    const s = sigmoidVector(g);
    storePartial(dgate + at, gateGrad(d, g, s, loadPartial(up + at, count)), count);
    storePartial(dup + at, f32x4.mul(d, f32x4.mul(g, s)), count);
  }
}

/**
 * AdamW with decoupled decay in one pass.
 *
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101; torch.optim.AdamW.
 * Slots: 0 param, 1 grad, 2 m, 3 v, 4 elements, 5 elements per task, 6 param out, 7 m out, 8 v out, 9 gradScale, 10 beta1, 11 1 - beta1, 12 beta2,
 * 13 1 - beta2, 14 1 - learningRate * weightDecay, 15 learningRate / (1 - beta1^step), 16 1 / sqrt(1 - beta2^step), 17 eps.
 */
export function adamWTask(task: i32): void {
  const perTask = paramInt(5);
  const first = task * perTask;
  const n = min(perTask, paramInt(4) - first);
  const offset = <usize>first << 2;
  const gradScale = f32x4.splat(paramFloat(9));
  const beta1 = f32x4.splat(paramFloat(10));
  const rest1 = f32x4.splat(paramFloat(11));
  const beta2 = f32x4.splat(paramFloat(12));
  const rest2 = f32x4.splat(paramFloat(13));
  const decay = f32x4.splat(paramFloat(14));
  const stepSize = f32x4.splat(paramFloat(15));
  const correction = f32x4.splat(paramFloat(16));
  const eps = f32x4.splat(paramFloat(17));
  for (let i = 0; i < n; i += 4) {
    const at = offset + (<usize>i << 2);
    const count = n - i;
    const whole = count >= 4;
    const p = whole ? v128.load(paramPointer(0) + at) : loadPartial(paramPointer(0) + at, count);
    const g = f32x4.mul(whole ? v128.load(paramPointer(1) + at) : loadPartial(paramPointer(1) + at, count), gradScale);
    let m = whole ? v128.load(paramPointer(2) + at) : loadPartial(paramPointer(2) + at, count);
    let v = whole ? v128.load(paramPointer(3) + at) : loadPartial(paramPointer(3) + at, count);
    m = f32x4.add(f32x4.mul(beta1, m), f32x4.mul(rest1, g));
    v = f32x4.add(f32x4.mul(beta2, v), f32x4.mul(rest2, f32x4.mul(g, g)));
    const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(v), correction), eps);
    const next = f32x4.sub(f32x4.mul(p, decay), f32x4.mul(stepSize, f32x4.div(m, denominator)));
    if (whole) {
      v128.store(paramPointer(6) + at, next);
      v128.store(paramPointer(7) + at, m);
      v128.store(paramPointer(8) + at, v);
    } else {
      storePartial(paramPointer(6) + at, next, count);
      storePartial(paramPointer(7) + at, m, count);
      storePartial(paramPointer(8) + at, v, count);
    }
  }
}
