/**
 * The error that stops a run whose numbers left the finite ones, saying where to look and what is still good.
 */
import { batchSources } from './batch-facts.ts';

export interface DivergencePlace {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly batches: readonly unknown[];
  readonly firstMicroBatch: number;
  readonly groupNames: readonly string[];
  /** Step of the last checkpoint; 0 when there is none. */
  readonly savedStep: number;
}

/** @param what the value that is not finite, such as `loss NaN` */
export function divergenceError(what: string, place: DivergencePlace): Error {
  const { step, batches, firstMicroBatch, groupNames, savedStep } = place;
  const sources = new Set(batches.flatMap(batchSources).map((source) => groupNames[source] ?? `source ${source}`));
  const lastMicroBatch = firstMicroBatch + batches.length - 1;
  const where = [
    `step ${step}`,
    firstMicroBatch === lastMicroBatch
      ? `micro-batch ${firstMicroBatch}`
      : `micro-batches ${firstMicroBatch}-${lastMicroBatch}`,
    ...(sources.size > 0 ? [`sources ${[...sources].join(', ')}`] : []),
  ].join(', ');
  const rescue = savedStep > 0 ? `The last good checkpoint is step ${savedStep}` : 'No checkpoint has been written';
  const error = new Error(
    `[@marco-ts/trainer] train: loss and gradient must be finite, got ${what} at ${where}. ${rescue}; lower the learning rate, clip gradients or look at these batches.`,
  );
  error.name = 'DivergenceError';
  return error;
}
