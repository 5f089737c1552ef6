/**
 * Warm-up, a long plateau at the peak, a short decay at the end: a run can be lengthened without planning its end.
 *
 * Source: Hu et al. 2024 (MiniCPM), arXiv:2404.06395; `get_wsd_schedule` of Hugging Face transformers (equal to it with `decayShape`
 * `cosine`, `linear` or `1-sqrt`).
 */
import { type DecayShape, decayFactor, requireNonNegative, requireStepCounts, type Schedule } from './schedule.ts';

/** The peak, and the steps up to it and down from it. */
export interface WarmupStableDecayOptions {
  readonly peak: number;
  readonly warmupSteps?: number;
  /** Steps of the whole run, warm-up and decay included. */
  readonly numSteps: number;
  readonly decaySteps: number;
  /** Share of the peak where the warm-up begins and the decay ends, in [0, 1]; default 0. */
  readonly minRatio?: number;
  readonly decayShape?: DecayShape;
}

/** @throws Error when a value is out of range or warm-up and decay do not fit into the run */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const { peak, warmupSteps = 0, numSteps, decaySteps, minRatio = 0, decayShape = 'cosine' } = options;
  requireNonNegative('warmupStableDecay', { peak, minRatio });
  requireStepCounts('warmupStableDecay', { warmupSteps, numSteps, decaySteps });
  if (minRatio > 1) {
    throw new Error(
      `[@marco-ts/trainer] warmupStableDecay: minRatio must be in [0, 1], got ${minRatio}. It is a share of the peak, not a rate.`,
    );
  }
  const decayStart = numSteps - decaySteps;
  if (warmupSteps > decayStart) {
    throw new Error(
      `[@marco-ts/trainer] warmupStableDecay: warmupSteps + decaySteps must not exceed numSteps ${numSteps}, got ${warmupSteps} + ${decaySteps}. Shorten one of them.`,
    );
  }
  return (step) => {
    let factor = 1;
    if (step < warmupSteps) factor = step / warmupSteps;
    else if (step >= decayStart)
      factor = decaySteps === 0 ? 1 : decayFactor(decayShape, (step - decayStart) / decaySteps);
    return peak * (factor * (1 - minRatio) + minRatio);
  };
}
