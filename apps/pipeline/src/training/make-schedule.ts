/**
 * The learning rate of one training stage, alone or as a part of several that go on from each other.
 *
 * Source: Marco-LLM, arXiv:2412.04003, tables 2 and 3, gives a maximum per stage; whether the second warms up again is not published.
 */
import { constant, cosine, linear, type Schedule, warmupStableDecay } from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';

export type ScheduleSettings = Pick<
  Recipe['pretrain'],
  'learningRateSchedule' | 'decayRatio' | 'warmupRatio' | 'minLearningRateRatio'
>;

export interface StagePeaks {
  readonly peak: number;
  readonly numSteps: number;
  /** The stage goes on from one before it: no warm-up. */
  readonly continues?: boolean;
  /** Peak of the stage that goes on from this one, where this one ends; without it, at `minLearningRateRatio` of its own. */
  readonly nextPeak?: number;
}

/** @returns learning rate by steps within the stage */
export function makeSchedule(settings: ScheduleSettings, stage: StagePeaks): Schedule {
  const { peak, numSteps, continues = false, nextPeak } = stage;
  const { learningRateSchedule = 'cosine', decayRatio = 0.2 } = settings;
  const warmupSteps = continues ? 0 : Math.round(numSteps * settings.warmupRatio);
  const minRatio = nextPeak === undefined ? settings.minLearningRateRatio : Math.min(1, nextPeak / peak);
  if (learningRateSchedule === 'constant') return constant({ peak, warmupSteps });
  if (learningRateSchedule === 'linear') return linear({ peak, numSteps, warmupSteps, minRatio });
  if (learningRateSchedule === 'cosine') return cosine({ peak, numSteps, warmupSteps, minRatio });
  const decaySteps = Math.min(numSteps - warmupSteps, Math.round(numSteps * decayRatio));
  const stable = warmupStableDecay({ peak, numSteps, warmupSteps, decaySteps, minRatio });
  // The library's warm-up begins at `minRatio`; the other shapes begin at 0.
  return (step) => (step < warmupSteps ? (peak * step) / warmupSteps : stable(step));
}
