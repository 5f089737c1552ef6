/**
 * Who says which of several answers is best and which is worst, and why.
 */
import type { AnswerPrompt } from './answer-sampler.ts';

/** Which answers make a pair, and why. */
export interface Verdict {
  /** Indices of the answers. */
  readonly best: number;
  readonly worst: number;
  /** Why the best one won, in a word or two: a reward's name, `judge`, `wrong_language`. */
  readonly reason: string;
}

/** No pair: `tie` when none is better, or a judge contradicts itself, and so on. */
export interface NoVerdict {
  readonly reason: string;
}

/** Answers are at least two, all different. */
export type Judge = (
  prompt: AnswerPrompt,
  answers: readonly string[],
  signal?: AbortSignal,
) => Promise<Verdict | NoVerdict>;
