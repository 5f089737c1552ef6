import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { kernel, largestError, randomFloats, registerVariants, runOn, VARIANTS } from '../../../test/variants.ts';

beforeAll(registerVariants);

interface Case {
  B: number;
  L: number;
  S: number;
  N: number;
  K: number;
  H: number;
  querySegment: (i: number) => number;
  keySegment: (j: number) => number;
}

const plain = { querySegment: () => 0, keySegment: () => 0 };
/** Documents of 20, then 25 tokens, then padding; the keys are the same sequence. */
const documents = (length: number) => {
  const segment = (i: number) => (i < 20 ? 0 : i < 45 ? 1 : i >= length - 6 ? -1 : 2);
  return { querySegment: segment, keySegment: segment };
};
const CASES: Case[] = [
  { B: 1, L: 1, S: 1, N: 1, K: 1, H: 1, ...plain },
  { B: 2, L: 3, S: 3, N: 2, K: 1, H: 17, ...plain },
  { B: 2, L: 17, S: 17, N: 4, K: 2, H: 16, ...plain },
  { B: 1, L: 130, S: 130, N: 2, K: 2, H: 24, ...plain },
  { B: 2, L: 100, S: 100, N: 4, K: 2, H: 16, ...documents(100) },
  { B: 1, L: 70, S: 200, N: 2, K: 1, H: 8, ...plain },
  { B: 1, L: 1, S: 61, N: 4, K: 2, H: 12, ...plain },
  { B: 1, L: 3, S: 300, N: 2, K: 2, H: 8, querySegment: () => 1, keySegment: (j) => (j < 40 ? 0 : 1) },
  { B: 1, L: 20, S: 7, N: 1, K: 1, H: 8, ...plain },
  { B: 1, L: 9, S: 9, N: 1, K: 1, H: 4, querySegment: () => -1, keySegment: () => -1 },
  { B: 1, L: 60, S: 60, N: 2, K: 1, H: 8, querySegment: (i) => (i * 7) % 3, keySegment: (j) => (j * 7) % 3 },
];

interface Arrays {
  q: Float64Array;
  k: Float64Array;
  v: Float64Array;
  dout: Float64Array;
}

/** Attention and its gradients with whole matrices in double precision. */
function reference(c: Case, { q, k, v, dout }: Arrays, scale: number) {
  const { B, L, S, N, K, H } = c;
  const out = new Float64Array(B * L * N * H);
  const lse = new Float64Array(B * N * L).fill(Number.NEGATIVE_INFINITY);
  const [dq, dk, dv] = [new Float64Array(q.length), new Float64Array(k.length), new Float64Array(v.length)];
  for (let b = 0; b < B; b++) {
    for (let n = 0; n < N; n++) {
      const kv = Math.floor(n / (N / K));
      for (let i = 0; i < L; i++) {
        const qAt = ((b * L + i) * N + n) * H;
        const keyAt = (j: number) => ((b * S + j) * K + kv) * H;
        const sees = (j: number) => j <= i + S - L && c.querySegment(i) >= 0 && c.querySegment(i) === c.keySegment(j);
        const seen = Array.from({ length: S }, (_, j) => j).filter(sees);
        if (seen.length === 0) continue;
        const dot = (x: Float64Array, xAt: number, y: Float64Array, yAt: number) => {
          let sum = 0;
          for (let h = 0; h < H; h++) sum += x[xAt + h]! * y[yAt + h]!;
          return sum;
        };
        const scores = seen.map((j) => dot(q, qAt, k, keyAt(j)) * scale);
        const peak = Math.max(...scores);
        const total = scores.reduce((sum, s) => sum + Math.exp(s - peak), 0);
        lse[(b * N + n) * L + i] = peak + Math.log(total);
        const p = scores.map((s) => Math.exp(s - peak) / total);
        seen.forEach((j, x) => {
          for (let h = 0; h < H; h++) out[qAt + h]! += p[x]! * v[keyAt(j) + h]!;
        });
        const delta = dot(dout, qAt, out, qAt);
        seen.forEach((j, x) => {
          const ds = p[x]! * (dot(dout, qAt, v, keyAt(j)) - delta) * scale;
          for (let h = 0; h < H; h++) {
            dq[qAt + h]! += ds * k[keyAt(j) + h]!;
            dk[keyAt(j) + h]! += ds * q[qAt + h]!;
            dv[keyAt(j) + h]! += p[x]! * dout[qAt + h]!;
          }
        });
      }
    }
  }
  return { out, lse, dq, dk, dv };
}

const arraysOf = ({ B, L, S, N, K, H }: Case): Arrays => ({
  q: Float64Array.from(randomFloats(B * L * N * H, 1), (x) => x * 2),
  k: Float64Array.from(randomFloats(B * S * K * H, 2), (x) => x * 2),
  v: Float64Array.from(randomFloats(B * S * K * H, 3)),
  dout: Float64Array.from(randomFloats(B * L * N * H, 4)),
});

function inputsOf(c: Case, arrays: Arrays) {
  const { B, L, S, N, K, H } = c;
  const ids = (length: number, segment: (i: number) => number) =>
    tf.tensor2d(
      Int32Array.from({ length: B * length }, (_, i) => segment(i % length)),
      [B, length],
      'int32',
    );
  return {
    q: tf.tensor4d(Float32Array.from(arrays.q), [B, L, N, H]),
    k: tf.tensor4d(Float32Array.from(arrays.k), [B, S, K, H]),
    v: tf.tensor4d(Float32Array.from(arrays.v), [B, S, K, H]),
    querySegmentIds: ids(L, c.querySegment),
    keySegmentIds: ids(S, c.keySegment),
  };
}

test('the reference gradient agrees with central differences', () => {
  const c: Case = {
    B: 1,
    L: 5,
    S: 6,
    N: 2,
    K: 1,
    H: 3,
    querySegment: (i) => (i < 2 ? 0 : 1),
    keySegment: (j) => (j < 3 ? 0 : 1),
  };
  const arrays = arraysOf(c);
  const loss = () => reference(c, arrays, 0.7).out.reduce((sum, o, i) => sum + o * arrays.dout[i]!, 0);
  const exact = reference(c, arrays, 0.7);
  for (const [name, gradient] of [
    ['q', exact.dq],
    ['k', exact.dk],
    ['v', exact.dv],
  ] as const) {
    for (let i = 0; i < arrays[name].length; i++) {
      const before = arrays[name][i]!;
      arrays[name][i] = before + 1e-5;
      const up = loss();
      arrays[name][i] = before - 1e-5;
      const down = loss();
      arrays[name][i] = before;
      expect((up - down) / 2e-5).toBeCloseTo(gradient[i]!, 6);
    }
  }
});

describe.each(VARIANTS)('MarcoAttention on %s', (name) => {
  test('forward and backward agree with whole matrices in double precision', async () => {
    for (const c of CASES) {
      const arrays = arraysOf(c);
      const scale = 1 / Math.sqrt(c.H);
      const expected = reference(c, arrays, scale);
      const [out, lse, dq, dk, dv] = await runOn(name, () => {
        const inputs = inputsOf(c, arrays);
        const [o, l] = kernel('MarcoAttention', inputs, { scale }) as [tf.Tensor, tf.Tensor];
        const dout = tf.tensor4d(Float32Array.from(arrays.dout), [c.B, c.L, c.N, c.H]);
        return [o, l, ...kernel('MarcoAttentionGrad', { ...inputs, dout, out: o, logSumExp: l }, { scale })];
      });
      const text = JSON.stringify(c);
      expect(largestError(out!, expected.out), text).toBeLessThan(3e-6);
      expect(largestError(lse!, expected.lse), text).toBeLessThan(3e-6);
      expect(largestError(dq!, expected.dq), text).toBeLessThan(2e-5);
      expect(largestError(dk!, expected.dk), text).toBeLessThan(2e-5);
      expect(largestError(dv!, expected.dv), text).toBeLessThan(2e-5);
    }
  });

  test('decoding row by row equals the whole sequence', async () => {
    const c: Case = { B: 2, L: 40, S: 40, N: 4, K: 2, H: 16, ...plain };
    const inputs = arraysOf(c);
    const [whole, parts] = await runOn(name, () => {
      const all = inputsOf(c, inputs);
      const attributes = { scale: 0.25 };
      const rows = Array.from({ length: 40 }, (_, i) => {
        const upTo = (x: tf.Tensor) => tf.slice(x, [0, 0, 0, 0], [-1, i + 1, -1, -1]);
        return kernel(
          'MarcoAttention',
          {
            q: tf.slice(all.q, [0, i, 0, 0], [-1, 1, -1, -1]),
            k: upTo(all.k),
            v: upTo(all.v),
            querySegmentIds: tf.slice(all.querySegmentIds, [0, i], [-1, 1]),
            keySegmentIds: tf.slice(all.keySegmentIds, [0, 0], [-1, i + 1]),
          },
          attributes,
        )[0]!;
      });
      return [kernel('MarcoAttention', all, attributes)[0]!, tf.concat(rows, 1)];
    });
    expect(largestError(parts!, whole!)).toBeLessThan(2e-6);
  });

  test('a NaN query spoils its own row only', async () => {
    const c: Case = { B: 1, L: 50, S: 50, N: 1, K: 1, H: 8, ...plain };
    const arrays = arraysOf(c);
    arrays.q[7 * 8] = Number.NaN;
    const [out] = await runOn(name, () => kernel('MarcoAttention', inputsOf(c, arrays), { scale: 1 })[0]!);
    expect(Array.from({ length: 50 }, (_, i) => Number.isNaN(out![i * 8]!))).toEqual(
      Array.from({ length: 50 }, (_, i) => i === 7),
    );
  });
});

test('heads that do not divide are refused', async () => {
  await tf.setBackend(VARIANTS[0]!);
  const c: Case = { B: 1, L: 2, S: 2, N: 3, K: 2, H: 4, ...plain };
  expect(() => kernel('MarcoAttention', inputsOf(c, arraysOf(c)), { scale: 1 })).toThrow(
    /multiple of key heads, got 3 and 2/,
  );
});
