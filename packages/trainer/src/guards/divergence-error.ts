/**
 * Where a step went wrong, in words: the error that stops a run, and the warning about a step that was left out.
 */
import { batchSources, type GroupSums } from '../loop/batch-facts.ts';

export interface FaultPlace {
  /** The step that failed, counted from 1. */
  readonly step: number;
  readonly batches: readonly unknown[];
  readonly firstMicroBatch: number;
  readonly groupNames: readonly string[];
  /** Losses of the step by source: those that are not finite point at the culprit. */
  readonly groups: GroupSums;
}

/**
 * @param what the value that is wrong, such as `loss NaN`
 * @param savedStep step of the last checkpoint; 0 when there is none
 */
export function divergenceError(what: string, place: FaultPlace, savedStep: number): Error {
  const rescue = savedStep > 0 ? `The last good checkpoint is step ${savedStep}` : 'No checkpoint has been written';
  const error = new Error(
    `[@marco-ts/trainer] train: loss and gradient must be finite and no spike, got ${what} at ${describePlace(place)}. ${rescue}; lower the learning rate, clip gradients or look at these batches.`,
  );
  error.name = 'DivergenceError';
  return error;
}

/** Such as `step 4, micro-batches 6-7, sources even, odd`. */
export function describePlace({ step, batches, firstMicroBatch, groupNames, groups }: FaultPlace): string {
  const broken = [...groups].filter(([, { nll }]) => !Number.isFinite(nll)).map(([source]) => source);
  const suspects = broken.length > 0 ? broken : batches.flatMap(batchSources);
  const sources = new Set(suspects.sort((a, b) => a - b).map((source) => groupNames[source] ?? `source ${source}`));
  const lastMicroBatch = firstMicroBatch + batches.length - 1;
  return [
    `step ${step}`,
    firstMicroBatch === lastMicroBatch
      ? `micro-batch ${firstMicroBatch}`
      : `micro-batches ${firstMicroBatch}-${lastMicroBatch}`,
    ...(sources.size > 0 ? [`sources ${[...sources].join(', ')}`] : []),
  ].join(', ');
}
