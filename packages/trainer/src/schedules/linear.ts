/**
 * Linear warm-up from 0 to the peak, then a straight line down to `minRatio * peak` at the last step.
 *
 * Source: `get_linear_schedule_with_warmup` of Hugging Face transformers (equal to it at `minRatio` 0).
 */
import { decayFactor, requireNonNegative, requireStepCounts, requireWarmupWithin, type Schedule } from './schedule.ts';

/** A peak, the way up to it and the way down from it. */
export interface DecayOptions {
  readonly peak: number;
  /** Steps from 0 to `peak`; 0 (default) starts at `peak`. */
  readonly warmupSteps?: number;
  /** Steps of the whole run, warm-up included; the rate stays at its end value after that. */
  readonly numSteps: number;
  /** Share of the peak that remains at the end, in [0, 1]; default 0. */
  readonly minRatio?: number;
}

/** @throws Error when a value is out of range or the warm-up is longer than the run */
export function linear(options: DecayOptions): Schedule {
  return warmupThenDecay('linear', options, 'linear');
}

/** The shape that `linear` and `cosine` share. */
export function warmupThenDecay(name: string, options: DecayOptions, shape: 'linear' | 'cosine'): Schedule {
  const { peak, warmupSteps = 0, numSteps, minRatio = 0 } = options;
  requireNonNegative(name, { peak, minRatio });
  requireStepCounts(name, { warmupSteps, numSteps });
  requireWarmupWithin(name, warmupSteps, numSteps);
  if (minRatio > 1) {
    throw new Error(
      `[@marco-ts/trainer] ${name}: minRatio must be in [0, 1], got ${minRatio}. It is a share of the peak, not a rate.`,
    );
  }
  return (step) => {
    if (step < warmupSteps) return peak * (step / warmupSteps);
    const factor = decayFactor(shape, (step - warmupSteps) / Math.max(1, numSteps - warmupSteps));
    return peak * (factor * (1 - minRatio) + minRatio);
  };
}
