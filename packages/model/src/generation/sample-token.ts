/**
 * Chooses the next token from one row of logits.
 *
 * Source: the logits processors of transformers (generation/logits_process.py), in its order: repetition penalty, temperature, top-k, top-p, min-p.
 * Differs: tokens that tie at the edge of top-p are all kept.
 */
import type { Random } from '@marco-ts/core';
import { modelError } from '../model-error.ts';

/** How the next token is chosen; by default the most likely one. */
export interface SamplingOptions {
  /** 0 takes the most likely token. @default 0 */
  readonly temperature?: number;
  /** Keep this many most likely tokens; 0 keeps all. @default 0 */
  readonly topK?: number;
  /** Keep the most likely tokens that together reach this probability. @default 1 */
  readonly topP?: number;
  /** Keep tokens at least this share as likely as the most likely. @default 0 */
  readonly minP?: number;
  /** Divides the logits of tokens seen so far (multiplies negative ones); 1 changes nothing. @default 1 */
  readonly repetitionPenalty?: number;
}

/** @throws for a value out of its range, naming the option */
export function checkSampling(functionName: string, options: SamplingOptions): void {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  const rules: [boolean, string, string, number][] = [
    [temperature >= 0 && temperature < Number.POSITIVE_INFINITY, 'temperature', 'a number from 0', temperature],
    [Number.isInteger(topK) && topK >= 0, 'topK', 'a whole number from 0', topK],
    [topP > 0 && topP <= 1, 'topP', 'above 0 and at most 1', topP],
    [minP >= 0 && minP <= 1, 'minP', 'from 0 to 1', minP],
    [
      repetitionPenalty > 0 && repetitionPenalty < Number.POSITIVE_INFINITY,
      'repetitionPenalty',
      'above 0',
      repetitionPenalty,
    ],
  ];
  for (const [holds, name, rule, value] of rules) {
    if (!holds) throw modelError(functionName, `${name} must be ${rule}, got ${value}. Correct the option.`);
  }
}

/**
 * @param logits_V changed in place
 * @param seen tokens of the prompt and of the answer so far, for the repetition penalty
 * @param random drawn from once per token when temperature is above 0
 */
export function sampleToken(
  logits_V: Float32Array,
  options: SamplingOptions,
  seen: ReadonlySet<number>,
  random: Random,
): number {
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  if (repetitionPenalty !== 1) {
    for (const token of seen) {
      const logit = logits_V[token]!;
      logits_V[token] = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    }
  }
  const best = largest(logits_V);
  if (temperature === 0) return best;

  const peak = logits_V[best]!;
  const topKFloor = topK > 0 && topK < logits_V.length ? sortedDown(logits_V)[topK - 1]! : Number.NEGATIVE_INFINITY;
  let floor = Math.max(topKFloor, peak + temperature * Math.log(minP));
  if (topP < 1) floor = Math.max(floor, topPFloor(logits_V, topP, topKFloor, peak, temperature));
  const weight = (logit: number) => (logit < floor ? 0 : Math.exp((logit - peak) / temperature));

  let total = 0;
  for (const logit of logits_V) total += weight(logit);
  let rest = random.uniform() * total;
  let last = best;
  for (let token = 0; token < logits_V.length; token++) {
    const share = weight(logits_V[token]!);
    if (share === 0) continue;
    last = token;
    rest -= share;
    if (rest < 0) return token;
  }
  return last;
}

/** @throws when a logit is NaN or infinite: the model is broken, and any choice would hide it */
function largest(logits: Float32Array): number {
  let best = 0;
  for (let i = 0; i < logits.length; i++) {
    if (!Number.isFinite(logits[i])) {
      throw modelError(
        'generate',
        `logits must be finite numbers, got ${logits[i]} at token ${i}. Check the parameters for NaN and overflow.`,
      );
    }
    if (logits[i]! > logits[best]!) best = i;
  }
  return best;
}

function sortedDown(values: Float32Array): Float32Array {
  return values.slice().sort().reverse();
}

/** The smallest logit of the most likely tokens that together reach `topP` of the probability of all above `floor`. */
function topPFloor(logits: Float32Array, topP: number, floor: number, peak: number, temperature: number): number {
  const kept = sortedDown(logits.filter((logit) => logit >= floor));
  const weights = Float64Array.from(kept, (logit) => Math.exp((logit - peak) / temperature));
  const wanted = topP * weights.reduce((sum, value) => sum + value, 0);
  let sum = 0;
  for (let i = 0; i < kept.length; i++) {
    sum += weights[i]!;
    if (sum >= wanted) return kept[i]!;
  }
  return kept.at(-1)!;
}
