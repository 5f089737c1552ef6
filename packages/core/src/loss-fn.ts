/**
 * What a training method is: a function from parameters and one batch to a loss.
 *
 * Units: `loss` and `metrics` are sums over `weight` items (predicted tokens, preference pairs); whoever runs the loss divides,
 * once, after all micro-batches, so that 1 x 8 and 4 x 2 accumulation give the same gradient.
 */
import type { ParamMap } from './params/param-map.ts';
import type { tf } from './tf.ts';

/** What a `LossFn` returns, sums that the loop divides; every tensor is owned by the caller. */
export interface LossOutput {
  /** Sum over `weight` items; the gradient is taken of this. */
  readonly loss: tf.Scalar;
  /** Number of items summed, a plain number because batches are known before the device runs. */
  readonly weight: number;
  /** Sums over the same items unless `metricWeights` has their number; not differentiated. */
  readonly metrics: Record<string, tf.Scalar>;
  /** Items of those metrics that are sums over other items than `weight`, such as the pairs of one kind. */
  readonly metricWeights?: Readonly<Record<string, number>>;
  /** Nats per token at the place of the predicting token, for losses per source; 0 where nothing is predicted. */
  readonly tokenNll_BL?: tf.Tensor2D;
}

/** A training method: from parameters and one batch to a loss that can be differentiated by the parameters; it disposes neither. */
export type LossFn<Batch> = (params: ParamMap, batch: Batch) => LossOutput;
