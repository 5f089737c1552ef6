/**
 * Linear warm-up from 0 to the peak, then half a cosine down to `minRatio * peak` at the last step.
 *
 * Source: `get_cosine_schedule_with_warmup` and `get_cosine_with_min_lr_schedule_with_warmup` of Hugging Face transformers.
 * Differs: past the last step the rate stays at its end instead of rising again.
 */
import { type DecayOptions, warmupThenDecay } from './linear.ts';
import type { Schedule } from './schedule.ts';

/** @throws Error when a value is out of range or the warm-up is longer than the run */
export function cosine(options: DecayOptions): Schedule {
  return warmupThenDecay('cosine', options, 'cosine');
}
