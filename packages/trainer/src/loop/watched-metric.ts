/**
 * One metric of the evaluations that a run is judged by: its best value so far, and when to stop because it no longer improves.
 */

export interface WatchOptions {
  /** A name that `evaluate.run` reports. */
  readonly metric: string;
  /** Whether lower or higher values are better; default `min`. */
  readonly mode?: 'min' | 'max' | undefined;
  /** Differences up to this are no improvement; default 0. */
  readonly minDelta?: number;
  /** Evaluations in a row without improvement after which the run stops early; without it, it never does. */
  readonly patience?: number | undefined;
  /** Keeps the checkpoint of the best evaluation beside the last ones, and saves one then. Default false. */
  readonly keepBest?: boolean | undefined;
}

/** Plain JSON, part of every checkpoint. */
export interface Watched {
  readonly best: { readonly step: number; readonly value: number } | null;
  /** evaluations since the best */
  readonly numWorse: number;
}

export const NOTHING_WATCHED: Watched = { best: null, numWorse: 0 };

/**
 * @returns the state after an evaluation at `step`
 * @throws Error when the metric is not among those reported; a value that is not finite is never the best
 */
export function watch(
  { metric, mode = 'min', minDelta = 0 }: WatchOptions,
  { best, numWorse }: Watched,
  metrics: Readonly<Record<string, number>>,
  step: number,
): Watched {
  const value = metrics[metric];
  if (value === undefined) {
    throw new Error(
      `[@marco-ts/trainer] train: watch.metric must be one that evaluate reports, got ${metric}, which is none of ${Object.keys(metrics).join(', ')}. Correct it in the recipe.`,
    );
  }
  const gain = best === null ? Number.POSITIVE_INFINITY : mode === 'min' ? best.value - value : value - best.value;
  if (Number.isFinite(value) && gain > minDelta) return { best: { step, value }, numWorse: 0 };
  return { best, numWorse: numWorse + 1 };
}

export function isPatienceOver({ patience }: WatchOptions, { numWorse }: Watched): boolean {
  return patience !== undefined && numWorse >= patience;
}
