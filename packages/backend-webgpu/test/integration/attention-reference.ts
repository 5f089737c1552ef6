/**
 * Attention and its gradient in float64, one query at a time, by the formulas of the softmax alone.
 */
export interface ReferenceInputs {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly dout: Float32Array;
  readonly queryIds: readonly number[];
  readonly keyIds: readonly number[];
  readonly scale: number;
}

/** @returns out [B, L, N, H], logSumExp [B, N, L], dq, dk, dv */
export function attentionReference(
  { B, L, S, N, K, H }: Readonly<Record<'B' | 'L' | 'S' | 'N' | 'K' | 'H', number>>,
  { q, k, v, dout, queryIds, keyIds, scale }: ReferenceInputs,
): number[][] {
  const zeros = (size: number) => Array(size).fill(0) as number[];
  const [out, dq, dk, dv] = [zeros(q.length), zeros(q.length), zeros(k.length), zeros(v.length)];
  const logSumExp = zeros(B * N * L);
  const dot = (a: Float32Array, aStart: number, b: Float32Array, bStart: number) => {
    let sum = 0;
    for (let h = 0; h < H; h++) sum += a[aStart + h]! * b[bStart + h]!;
    return sum;
  };
  for (let b = 0; b < B; b++) {
    for (let n = 0; n < N; n++) {
      const keyHead = Math.floor(n / (N / K));
      const keyStart = (key: number) => ((b * S + key) * K + keyHead) * H;
      for (let l = 0; l < L; l++) {
        const segment = queryIds[b * L + l]!;
        const keys = Array.from({ length: l + S - L + 1 }, (_, key) => key).filter(
          (key) => segment >= 0 && keyIds[b * S + key] === segment,
        );
        const row = ((b * L + l) * N + n) * H;
        const scores = keys.map((key) => scale * dot(q, row, k, keyStart(key)));
        const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
        logSumExp[(b * N + n) * L + l] = Math.log(total);
        const probabilities = scores.map((score) => Math.exp(score) / total);
        const gradients = keys.map((key) => dot(dout, row, v, keyStart(key)));
        const mean = probabilities.reduce((sum, p, index) => sum + p * gradients[index]!, 0);
        for (const [index, key] of keys.entries()) {
          const p = probabilities[index]!;
          const dscore = scale * p * (gradients[index]! - mean);
          for (let h = 0; h < H; h++) {
            out[row + h]! += p * v[keyStart(key) + h]!;
            dq[row + h]! += dscore * k[keyStart(key) + h]!;
            dk[keyStart(key) + h]! += dscore * q[row + h]!;
            dv[keyStart(key) + h]! += p * dout[row + h]!;
          }
        }
      }
    }
  }
  return [out, logSumExp, dq, dk, dv];
}
