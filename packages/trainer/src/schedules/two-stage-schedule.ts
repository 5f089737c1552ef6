/**
 * The learning rate of two-stage continual pretraining as one schedule over both stages: the second stage's maximum is 0.6 of the first's.
 *
 * Source: Marco-LLM, arXiv:2412.04003, tables 2 and 3 (maxima 1e-5 and 6e-6). Whether its second stage warms up again is not published,
 * so it is an option: `rewarm` treats each stage as a run of its own; `continue` lets stage one end exactly where stage two begins.
 */
import {
  type DecayShape,
  decayFactor,
  requireNonNegative,
  requireStepCounts,
  requireWarmupWithin,
  type Schedule,
} from './schedule.ts';

/** Peaks, lengths and shapes of both stages. */
export interface TwoStageScheduleOptions {
  /** Maximum of the first stage. */
  readonly peak: number;
  /** Maximum of the second stage as a share of the first's, in (0, 1]; the paper's 0.6 by default. */
  readonly stageRatio?: number;
  /** Optimizer steps of each stage. */
  readonly stageSteps: readonly [number, number];
  /** Warm-up steps of the first stage, and of the second when it re-warms. */
  readonly warmupSteps?: number;
  readonly secondStage?: 'rewarm' | 'continue';
  /** Share of its stage's maximum that each stage decays to (with `continue`, the second stage only); default 0.1. */
  readonly minRatio?: number;
  readonly decayShape?: DecayShape;
}

/** @throws Error when a value is out of range or the warm-up is longer than a stage */
export function twoStageSchedule(options: TwoStageScheduleOptions): Schedule {
  const {
    peak,
    stageRatio = 0.6,
    stageSteps,
    warmupSteps = 0,
    secondStage = 'rewarm',
    minRatio = 0.1,
    decayShape = 'cosine',
  } = options;
  const [firstSteps, secondSteps] = stageSteps;
  requireNonNegative('twoStageSchedule', { peak, stageRatio, minRatio });
  requireStepCounts('twoStageSchedule', { 'stageSteps[0]': firstSteps, 'stageSteps[1]': secondSteps, warmupSteps });
  requireWarmupWithin('twoStageSchedule', warmupSteps, firstSteps);
  if (secondStage === 'rewarm') requireWarmupWithin('twoStageSchedule', warmupSteps, secondSteps);
  if (stageRatio > 1 || minRatio > 1) {
    throw new Error(
      `[@marco-ts/trainer] twoStageSchedule: stageRatio and minRatio must be in [0, 1], got ${stageRatio} and ${minRatio}. They are shares of a maximum, not rates.`,
    );
  }
  const secondPeak = peak * stageRatio;
  const firstEnd = secondStage === 'continue' ? secondPeak : peak * minRatio;
  const secondWarmup = secondStage === 'continue' ? 0 : warmupSteps;
  const between = (from: number, to: number, progress: number): number =>
    to + (from - to) * decayFactor(decayShape, progress);
  return (step) => {
    if (step < firstSteps) {
      if (step < warmupSteps) return peak * (step / warmupSteps);
      return between(peak, firstEnd, (step - warmupSteps) / Math.max(1, firstSteps - warmupSteps));
    }
    const local = step - firstSteps;
    if (local < secondWarmup) return firstEnd + (secondPeak - firstEnd) * (local / secondWarmup);
    return between(secondPeak, secondPeak * minRatio, (local - secondWarmup) / Math.max(1, secondSteps - secondWarmup));
  };
}
