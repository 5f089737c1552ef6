/**
 * One optimizer step's gradient: the sum over its micro-batches, with the losses read back once at the end.
 *
 * The loss of each micro-batch is a sum and is never divided here, so that every split of the same items gives the same gradient
 * (the fault of averaging per micro-batch: huggingface/transformers pull request 34191).
 */
import { disposeParams, type LossFn, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import { addGroupLosses, type GroupSums, numBatchTokens } from './batch-facts.ts';

export interface AccumulatedGradients {
  /** Sums over all items; owned by the caller. */
  readonly grads: ParamMap;
  /** Sum of the loss in nats. */
  readonly loss: number;
  /** Items summed over. */
  readonly weight: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Items that each metric was summed over. */
  readonly metricWeights: Readonly<Record<string, number>>;
  readonly groups: GroupSums;
  readonly numTokens: number;
}

interface PendingRead<Batch> {
  readonly batch: Batch;
  readonly loss: tf.Scalar;
  readonly metrics: Readonly<Record<string, tf.Tensor>>;
  readonly tokenNll: tf.Tensor | undefined;
}

/**
 * @param params not disposed
 * @param batches the micro-batches of one step
 * @throws whatever `lossFn` throws, and an error when its weight is not a number >= 0; nothing is left behind then
 */
export async function accumulateGradients<Batch>(
  params: ParamMap,
  lossFn: LossFn<Batch>,
  batches: readonly Batch[],
): Promise<AccumulatedGradients> {
  let sum = new Map<string, tf.Tensor>();
  let weight = 0;
  let numTokens = 0;
  const metricWeights: Record<string, number> = {};
  const pending: PendingRead<Batch>[] = [];
  try {
    for (const batch of batches) {
      const result = lossAndGradients(params, lossFn, batch);
      weight += result.weight;
      numTokens += numBatchTokens(batch) ?? result.weight;
      for (const name of Object.keys(result.read.metrics)) {
        metricWeights[name] = (metricWeights[name] ?? 0) + (result.metricWeights[name] ?? result.weight);
      }
      pending.push(result.read);
      sum = addInto(sum, result.grads);
    }
    const totals = await readLosses(pending);
    return { grads: sum, weight, numTokens, metricWeights, ...totals };
  } catch (error) {
    disposeParams(sum);
    throw error;
  } finally {
    for (const read of pending)
      tf.dispose([read.loss, ...Object.values(read.metrics), ...(read.tokenNll ? [read.tokenNll] : [])]);
  }
}

function lossAndGradients<Batch>(params: ParamMap, lossFn: LossFn<Batch>, batch: Batch) {
  let weight = 0;
  let metricWeights: Readonly<Record<string, number>> = {};
  const { loss, aux, grads } = valueAndGrad<Record<string, tf.Tensor>>(params, (traced) => {
    const output = lossFn(traced, batch);
    weight = output.weight;
    metricWeights = output.metricWeights ?? {};
    const extra: Record<string, tf.Tensor> = {};
    for (const [name, metric] of Object.entries(output.metrics)) extra[`metric ${name}`] = metric;
    if (output.tokenNll_BL !== undefined) extra.tokenNll = output.tokenNll_BL;
    return { loss: output.loss, aux: extra };
  });
  const { tokenNll, ...named } = aux;
  const metrics = Object.fromEntries(
    Object.entries(named).map(([name, metric]) => [name.slice('metric '.length), metric]),
  );
  if (!Number.isFinite(weight) || weight < 0) {
    disposeParams(grads);
    tf.dispose([loss, ...Object.values(aux)]);
    throw new Error(
      `[@marco-ts/trainer] train: the loss function's weight must be a number >= 0, got ${weight}. Return how many items were summed.`,
    );
  }
  return { weight, metricWeights, grads, read: { batch, loss, metrics, tokenNll } };
}

/** Adds `grads` to `sum`; both maps are used up. */
function addInto(sum: ReadonlyMap<string, tf.Tensor>, grads: ParamMap): Map<string, tf.Tensor> {
  if (sum.size === 0) return new Map(grads);
  const total = new Map(sum);
  for (const [name, grad] of grads) {
    const before = sum.get(name);
    if (before === undefined) {
      total.set(name, grad);
      continue;
    }
    total.set(name, tf.add(before, grad));
    before.dispose();
    grad.dispose();
  }
  return total;
}

async function readLosses<Batch>(pending: readonly PendingRead<Batch>[]) {
  let loss = 0;
  const metrics: Record<string, number> = {};
  const groups: GroupSums = new Map();
  for (const read of pending) {
    const names = Object.keys(read.metrics);
    const values = await readScalars([read.loss, ...names.map((name) => read.metrics[name]!)]);
    loss += values[0]!;
    names.forEach((name, index) => {
      metrics[name] = (metrics[name] ?? 0) + values[index + 1]!;
    });
    if (read.tokenNll !== undefined) addGroupLosses(groups, read.batch, await read.tokenNll.data());
  }
  return { loss, metrics, groups };
}

/** One transfer for all of them. */
async function readScalars(scalars: readonly tf.Tensor[]): Promise<Float32Array> {
  const stacked = tf.tidy(() => tf.concat(scalars.map((scalar) => tf.reshape(tf.cast(scalar, 'float32'), [1]))));
  try {
    return (await stacked.data<'float32'>()).slice();
  } finally {
    stacked.dispose();
  }
}
