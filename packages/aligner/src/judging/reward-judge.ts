/**
 * Judges by reward functions: the weighted sum decides, and the function that makes most of the difference is the reason.
 *
 * Source: language consistency as in Sailor2's verifier; similarity to a reference as in ALMA-R (arXiv:2401.08417), with chrF or a quality
 * estimate in place of its metric.
 */
import type { AnswerPrompt } from './answer-sampler.ts';
import type { Judge } from './judge.ts';

/** One reward and how much it counts. */
export interface Reward {
  /** Such as `language_consistency`; the reason of pairs that it decides. */
  readonly name: string;
  /** Default 1. */
  readonly weight?: number;
  /** Higher is better, on a scale of about 1; undefined where it cannot say, which counts as 0 for every answer. */
  readonly score: (prompt: AnswerPrompt, answer: string) => number | undefined | Promise<number | undefined>;
}

/** 1 for an answer in the language asked for, 0 for another. */
export function languageConsistencyReward(identify: (text: string) => string | undefined, weight = 1): Reward {
  return {
    name: 'language_consistency',
    weight,
    score: ({ language }, answer) => {
      const found = identify(answer);
      return found === undefined ? 0 : Number(found === language);
    },
  };
}

/**
 * Likeness to the prompt's reference, in [0, 1].
 *
 * @param metric of an answer and its reference, from 0 to `scale`: chrF (100), or a quality estimate
 */
export function referenceReward(
  name: string,
  metric: (answer: string, reference: string) => number | Promise<number>,
  scale = 100,
  weight = 1,
): Reward {
  return {
    name,
    weight,
    score: async ({ reference }, answer) =>
      reference === undefined ? undefined : (await metric(answer, reference)) / scale,
  };
}

/** 1 for an answer within the limits in characters, or within `maxRatio` of the reference's length where there is one; falls to 0 outside. */
export function lengthReward(
  limits: { readonly min?: number; readonly max?: number; readonly maxRatio?: number },
  weight = 1,
): Reward {
  const { min = 1, max = Infinity, maxRatio } = limits;
  return {
    name: 'length',
    weight,
    score: ({ reference }, answer) => {
      const { length } = answer;
      const low = reference !== undefined && maxRatio !== undefined ? reference.length / maxRatio : min;
      const high = reference !== undefined && maxRatio !== undefined ? reference.length * maxRatio : max;
      if (length < low) return length / low;
      return length > high ? high / length : 1;
    },
  };
}

/**
 * A judge that adds up rewards: the best sum is chosen, the worst rejected.
 *
 * @param options.minMargin smallest difference of sums that makes a pair; default 0.05
 */
export function rewardJudge(rewards: readonly Reward[], options: { readonly minMargin?: number } = {}): Judge {
  const { minMargin = 0.05 } = options;
  if (rewards.length === 0) {
    throw new Error('[@marco-ts/aligner] rewardJudge: there must be a reward, got none. Give at least one.');
  }
  return async (prompt, answers) => {
    const scores = await Promise.all(
      answers.map((answer) =>
        Promise.all(
          rewards.map(async ({ name, score, weight = 1 }) => weight * finite(name, await score(prompt, answer))),
        ),
      ),
    );
    const sums = scores.map((own) => own.reduce((sum, score) => sum + score, 0));
    const best = sums.indexOf(Math.max(...sums));
    const worst = sums.indexOf(Math.min(...sums));
    if (sums[best]! - sums[worst]! < minMargin) return { reason: 'tie' };
    const gains = rewards.map((_, index) => scores[best]![index]! - scores[worst]![index]!);
    return { best, worst, reason: rewards[gains.indexOf(Math.max(...gains))]!.name };
  };
}

function finite(name: string, score: number | undefined): number {
  if (score === undefined) return 0;
  if (Number.isFinite(score)) return score;
  throw new Error(
    `[@marco-ts/aligner] rewardJudge: a reward must be a finite number, got ${score} from ${name}. Correct the function.`,
  );
}
