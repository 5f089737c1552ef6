/**
 * Two-stage continual pretraining as numbers: how many steps and tokens each stage gets, from the paper's 160 : 140, and at what rate.
 *
 * Source: Marco-LLM, arXiv:2412.04003, tables 2 and 3. At toy size the ratios hold and the absolute rate is the caller's.
 */
import { MARCO_STAGES } from '@marco-ts/data';
import type { Schedule } from './schedules/schedule.ts';
import { type TwoStageScheduleOptions, twoStageSchedule } from './schedules/two-stage-schedule.ts';

/** The tokens of a stage matter relative to the other's; `MARCO_STAGES` of `@marco-ts/data` fits. */
export interface StageTokens {
  readonly name: string;
  readonly numTokens: number;
  /** Its maximum learning rate relative to the first stage's. */
  readonly learningRateRatio: number;
}

/** How long both stages are together, and how their rates go. */
export interface TwoStagePlanOptions
  extends Omit<TwoStageScheduleOptions, 'stageSteps' | 'stageRatio' | 'warmupSteps'> {
  /** Default: the paper's, `MARCO_STAGES` of `@marco-ts/data`. */
  readonly stages?: readonly StageTokens[];
  /** Optimizer steps of both stages together. */
  readonly totalSteps: number;
  /** Tokens of one optimizer step, padding included: micro-batch size · sequence length · accumulation. */
  readonly tokensPerStep: number;
  /** Share of the first stage spent warming up, in [0, 1]; default 0.1. Re-warming takes as many steps. */
  readonly warmupRatio?: number;
}

/** One stage of the plan as steps, tokens and learning rates. */
export interface PlannedStage {
  readonly name: string;
  /** Steps of the run done before this stage. */
  readonly firstStep: number;
  readonly numSteps: number;
  readonly numTokens: number;
  readonly peakLearningRate: number;
  /** Learning rate by steps within this stage, for a run of this stage alone. */
  readonly schedule: Schedule;
}

/** Both stages, one after the other. */
export interface TwoStagePlan {
  readonly numSteps: number;
  readonly stages: readonly [PlannedStage, PlannedStage];
  /** Learning rate by steps within the whole run. */
  readonly schedule: Schedule;
}

/**
 * @returns stages whose steps add up to `totalSteps`, each at least one
 * @throws Error unless there are two stages with tokens, at least two steps and sane ratios
 */
export function twoStagePlan(options: TwoStagePlanOptions): TwoStagePlan {
  const { stages = MARCO_STAGES, totalSteps, tokensPerStep, warmupRatio = 0.1, ...scheduleOptions } = options;
  const [first, second] = stages;
  if (first === undefined || second === undefined || stages.length !== 2) {
    throw new Error(
      `[@marco-ts/trainer] twoStagePlan: stages must be two, got ${stages.length}. Use a plain schedule for another number.`,
    );
  }
  for (const stage of stages) {
    if (!(stage.numTokens > 0) || !(stage.learningRateRatio > 0)) {
      throw new Error(
        `[@marco-ts/trainer] twoStagePlan: a stage must have numTokens > 0 and learningRateRatio > 0, got ${stage.numTokens} and ${stage.learningRateRatio} at ${stage.name}. Correct it in the recipe.`,
      );
    }
  }
  if (!Number.isSafeInteger(totalSteps) || totalSteps < 2) {
    throw new Error(
      `[@marco-ts/trainer] twoStagePlan: totalSteps must be a whole number >= 2, got ${totalSteps}. Train longer.`,
    );
  }
  if (!Number.isSafeInteger(tokensPerStep) || tokensPerStep < 1) {
    throw new Error(
      `[@marco-ts/trainer] twoStagePlan: tokensPerStep must be a whole number >= 1, got ${tokensPerStep}. Multiply batch, length and accumulation.`,
    );
  }
  if (!(warmupRatio >= 0 && warmupRatio <= 1)) {
    throw new Error(
      `[@marco-ts/trainer] twoStagePlan: warmupRatio must be in [0, 1], got ${warmupRatio}. It is a share of the first stage's steps.`,
    );
  }
  const share = first.numTokens / (first.numTokens + second.numTokens);
  const firstSteps = Math.min(totalSteps - 1, Math.max(1, Math.round(totalSteps * share)));
  const secondSteps = totalSteps - firstSteps;
  const stageRatio = second.learningRateRatio / first.learningRateRatio;
  const warmupSteps = Math.min(Math.round(firstSteps * warmupRatio), secondSteps);
  const schedule = twoStageSchedule({
    ...scheduleOptions,
    stageRatio,
    stageSteps: [firstSteps, secondSteps],
    warmupSteps,
  });
  const planned = (
    stage: StageTokens,
    firstStep: number,
    numSteps: number,
    peakLearningRate: number,
  ): PlannedStage => ({
    name: stage.name,
    firstStep,
    numSteps,
    numTokens: numSteps * tokensPerStep,
    peakLearningRate,
    schedule: (step) => schedule(firstStep + step),
  });
  return {
    numSteps: totalSteps,
    stages: [
      planned(first, 0, firstSteps, options.peak),
      planned(second, firstSteps, secondSteps, options.peak * stageRatio),
    ],
    schedule,
  };
}
