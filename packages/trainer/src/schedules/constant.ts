/**
 * The same learning rate at every step, with an optional linear warm-up from 0.
 *
 * Source: `get_constant_schedule_with_warmup` of Hugging Face transformers.
 */
import { requireNonNegative, requireStepCounts, type Schedule } from './schedule.ts';

/** The rate and how long it is warmed up to. */
export interface ConstantOptions {
  readonly peak: number;
  /** Steps from 0 to `peak`; 0 (default) starts at `peak`. */
  readonly warmupSteps?: number;
}

/** @throws Error when a value is negative or not finite */
export function constant({ peak, warmupSteps = 0 }: ConstantOptions): Schedule {
  requireNonNegative('constant', { peak });
  requireStepCounts('constant', { warmupSteps });
  return (step) => (step < warmupSteps ? peak * (step / warmupSteps) : peak);
}
