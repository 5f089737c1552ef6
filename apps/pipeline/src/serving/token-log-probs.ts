/**
 * Log-probabilities of chosen tokens, and of the most likely ones beside them, from logits.
 *
 * Shapes: V vocabulary. Units: nats.
 */

export interface TokenLogProb {
  readonly token: number;
  readonly logProb: number;
  /** most likely first; as many as were asked for */
  readonly top: readonly { readonly token: number; readonly logProb: number }[];
}

/** @param numTop how many of the most likely tokens to tell */
export function tokenLogProb(logits_V: Float32Array, token: number, numTop: number): TokenLogProb {
  let peak = Number.NEGATIVE_INFINITY;
  for (const logit of logits_V) if (logit > peak) peak = logit;
  let sum = 0;
  for (const logit of logits_V) sum += Math.exp(logit - peak);
  const logSumExp = peak + Math.log(sum);
  const top = mostLikely(logits_V, numTop).map((best) => ({ token: best, logProb: logits_V[best]! - logSumExp }));
  return { token, logProb: logits_V[token]! - logSumExp, top };
}

/** One pass that keeps the best few, for the few that anybody asks for. */
function mostLikely(logits_V: Float32Array, count: number): number[] {
  const best: number[] = [];
  if (count === 0) return best;
  for (let token = 0; token < logits_V.length; token++) {
    if (best.length === count && logits_V[token]! <= logits_V[best.at(-1)!]!) continue;
    let place = best.length;
    while (place > 0 && logits_V[best[place - 1]!]! < logits_V[token]!) place--;
    best.splice(place, 0, token);
    if (best.length > count) best.pop();
  }
  return best;
}
