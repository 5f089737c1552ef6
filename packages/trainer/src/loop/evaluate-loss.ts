/**
 * The loss of held-out batches, without gradients: told as the loop tells that of its own, so that the two curves compare.
 */
import { type LossFn, type ParamMap, tf } from '@marco-ts/core';
import { addGroupLosses, type GroupSums } from './batch-facts.ts';
import { createStepWindow } from './step-window.ts';
import type { StepCompleted } from './train-event.ts';

/** What is measured, and on what. */
export interface EvaluateLossOptions<Batch> {
  /** Neither changed nor disposed. */
  readonly params: ParamMap;
  readonly lossFn: LossFn<Batch>;
  readonly numBatches: number;
  /** Batch of any index in [0, numBatches). */
  batchAt(index: number): Batch;
  /** Names of the values of `batch.sourceIds`. */
  readonly groupNames?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Loss and metrics per item over all batches, and nats per token of each group where the loss gives them. */
export type EvaluatedLoss = Pick<StepCompleted, 'loss' | 'metrics' | 'groups' | 'numTargets'>;

/**
 * @returns sums over all batches, divided once: batches that hold fewer items count for less
 * @throws the signal's reason when it is raised, and whatever `lossFn` throws
 */
export async function evaluateLoss<Batch>(options: EvaluateLossOptions<Batch>): Promise<EvaluatedLoss> {
  const { params, lossFn, numBatches, batchAt, groupNames = [], signal } = options;
  const window = createStepWindow(groupNames);
  for (let index = 0; index < numBatches; index++) {
    signal?.throwIfAborted();
    window.add(await lossOfBatch(params, lossFn, batchAt(index)), {}, 0);
  }
  const { loss, metrics, groups, numTargets } = window.flush({ step: 0, numSteps: 0, totalTokens: 0 });
  return { loss, metrics, numTargets, ...(groups && { groups }) };
}

async function lossOfBatch<Batch>(params: ParamMap, lossFn: LossFn<Batch>, batch: Batch) {
  let weight = 0;
  let names: string[] = [];
  let metricWeights: Record<string, number> = {};
  const { scalars, tokenNll } = tf.tidy(() => {
    const output = lossFn(params, batch);
    weight = output.weight;
    names = Object.keys(output.metrics);
    metricWeights = Object.fromEntries(names.map((name) => [name, output.metricWeights?.[name] ?? weight]));
    const scalars = tf.stack([output.loss, ...names.map((name) => output.metrics[name]!)]);
    return { scalars, tokenNll: output.tokenNll_BL };
  });
  try {
    const [loss, ...values] = await scalars.data<'float32'>();
    const groups: GroupSums = new Map();
    if (tokenNll !== undefined) addGroupLosses(groups, batch, await tokenNll.data());
    const metrics = Object.fromEntries(names.map((name, at) => [name, values[at]!]));
    return { loss: loss!, weight, metrics, metricWeights, groups, numTokens: weight };
  } finally {
    tf.dispose(tokenNll === undefined ? [scalars] : [scalars, tokenNll]);
  }
}
