/**
 * What an optimizer is: pure functions over maps of tensors, chained as optax chains gradient transformations.
 *
 * Source: optax (`GradientTransformation`, `chain`), with one addition: gradients carry a scalar factor, so that averaging and clipping
 * cost no pass over memory.
 */
import type { ParamMap, tf } from '@marco-ts/core';

/** The gradient is `grads * scale`. */
export interface Updates {
  readonly grads: ParamMap;
  readonly scale: number;
  /** L2 norm of `grads * scale` where it is known already; a link that changes the gradients leaves it out. */
  readonly norm?: number;
}

/**
 * Told each parameter, gradient and state tensor that came in and is needed no more, as soon as that is so. Whoever owns them may dispose
 * them there, so that old and new values of a model never lie side by side: only those of one tensor do.
 */
export type Release = (tensor: tf.Tensor) => void;

/** Tensors by name, such as `adamw/m/<parameter>`: written to a checkpoint as they are. */
export type OptimizerState = ParamMap;

/** Numbers for the log, such as `gradNorm` and `learningRate`. */
export type OptimizerMetrics = Readonly<Record<string, number>>;

/** What a step of an optimizer gives. */
export interface OptimizerStep {
  /** New tensors, owned by the caller; a parameter that did not change may be the tensor that came in. */
  readonly params: ParamMap;
  readonly state: OptimizerState;
  readonly metrics: OptimizerMetrics;
}

/** The end of a chain: turns gradients into new parameters. Arguments are never disposed but through `release`. */
export interface Optimizer {
  readonly name: string;
  /** State before the first step, as named tensors owned by the caller. */
  init(params: ParamMap): OptimizerState;
  /**
   * Turns gradients into new parameters, and tells `release` of each tensor that was replaced.
   *
   * @param step optimizer steps taken before this one
   */
  step(
    params: ParamMap,
    updates: Updates,
    state: OptimizerState,
    step: number,
    release?: Release,
  ): Promise<OptimizerStep>;
}

/** What a transformation makes of gradients. */
export interface TransformStep {
  /** Gradients that differ from those that came in are owned by the caller. */
  readonly updates: Updates;
  readonly state: OptimizerState;
  readonly metrics: OptimizerMetrics;
}

/** A link of a chain before its end: changes gradients or only their scale. Arguments are never disposed. */
export interface GradientTransform {
  readonly name: string;
  /** State before the first step, as named tensors owned by the caller. */
  init(params: ParamMap): OptimizerState;
  /** What is passed on in place of the gradients; `step` counts the steps taken before this one. */
  update(updates: Updates, state: OptimizerState, params: ParamMap, step: number): Promise<TransformStep>;
}
