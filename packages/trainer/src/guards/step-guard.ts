/**
 * Looks at a step's loss and gradient norm before the parameters change, and says what is wrong with them.
 *
 * Numbers that are not finite are always a fault; spikes are one where `spikes` is given. What was accepted is the history that later steps
 * are held against: it goes into checkpoints, so that a resumed run decides as an undisturbed one.
 */
import { spikeOf } from './spike.ts';

/** When a loss or gradient norm is so far from the recent ones that it is a fault. */
export interface SpikeOptions {
  /** Robust deviations above the median from which a loss or gradient norm is a spike; default 12. */
  readonly threshold?: number;
  /** Steps that the median is taken over; default 64. */
  readonly window?: number;
  /** Steps before the first judgement; default 16. */
  readonly minSteps?: number;
}

/** What counts as a fault, and what is done about one. */
export interface GuardOptions {
  /** `stop` ends the run with a `DivergenceError`; `skip` leaves the step's update out, with a warning. Default `stop`. */
  readonly onFault?: 'stop' | 'skip';
  /** Without it only numbers that are not finite are faults. */
  readonly spikes?: SpikeOptions;
  /** Skipped steps in a row after which the run stops all the same; default 10. */
  readonly maxSkipsInARow?: number;
}

export interface StepNumbers {
  /** mean per item */
  readonly loss: number;
  readonly gradNorm: number;
}

/** Plain JSON: accepted losses and norms, oldest first, and how many steps were skipped since. */
export interface GuardHistory {
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
  readonly numSkipped: number;
}

export const EMPTY_HISTORY: GuardHistory = { losses: [], gradNorms: [], numSkipped: 0 };

export interface StepGuard {
  /** @returns what is wrong, such as `loss NaN`; undefined when nothing is */
  faultOf(history: GuardHistory, numbers: StepNumbers): string | undefined;
  /** Whether a fault after this history is skipped; otherwise it stops the run. */
  skips(history: GuardHistory): boolean;
  accepted(history: GuardHistory, numbers: StepNumbers): GuardHistory;
  skipped(history: GuardHistory): GuardHistory;
}

/** @throws Error when an option is out of range */
export function createStepGuard({ onFault = 'stop', spikes, maxSkipsInARow = 10 }: GuardOptions = {}): StepGuard {
  const { threshold = 12, window = 64, minSteps = 16 } = spikes ?? {};
  for (const [field, value] of Object.entries({ threshold, window, minSteps, maxSkipsInARow })) {
    if (!(value > 0)) {
      throw new Error(`[@marco-ts/trainer] train: guard.${field} must be > 0, got ${value}. Correct it in the recipe.`);
    }
  }
  const spikeText = (what: string, history: readonly number[], value: number): string | undefined => {
    if (spikes === undefined || history.length < minSteps) return undefined;
    const spike = spikeOf(history, value, threshold);
    if (spike === undefined) return undefined;
    return `${what} ${value.toPrecision(4)}, ${spike.numDeviations.toFixed(1)} deviations above the median ${spike.median.toPrecision(4)} of the ${history.length} steps before`;
  };
  const recent = (values: readonly number[], value: number) => [...values, value].slice(-window);

  return {
    faultOf(history, { loss, gradNorm }) {
      if (!Number.isFinite(loss)) return `loss ${loss}`;
      if (!Number.isFinite(gradNorm)) return `gradient norm ${gradNorm}`;
      return (
        spikeText('a spike of the loss,', history.losses, loss) ??
        spikeText('a spike of the gradient norm,', history.gradNorms, gradNorm)
      );
    },
    skips: ({ numSkipped }) => onFault === 'skip' && numSkipped < maxSkipsInARow,
    accepted(history, { loss, gradNorm }) {
      if (spikes === undefined) return EMPTY_HISTORY;
      return {
        losses: recent(history.losses, loss),
        gradNorms: recent(history.gradNorms, gradNorm),
        numSkipped: 0,
      };
    },
    skipped: (history) => ({ ...history, numSkipped: history.numSkipped + 1 }),
  };
}
