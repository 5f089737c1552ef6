/**
 * One optimizer step on accumulated gradients: looked at first, then applied parameter by parameter, freeing what it replaces.
 *
 * Nothing is overwritten before loss and gradient are known to be good, so that a step that is refused leaves the run as it was.
 */
import { globalNorm, tf } from '@marco-ts/core';
import type { WeightAverage } from '../averages/weight-average.ts';
import type { StepGuard } from '../guards/step-guard.ts';
import type { Optimizer, OptimizerMetrics } from '../optimizers/optimizer.ts';
import type { AccumulatedGradients } from './accumulate-gradients.ts';
import type { RunState } from './run-state.ts';

export interface StepTools {
  readonly optimizer: Optimizer;
  readonly guard: StepGuard;
  readonly average: WeightAverage | undefined;
  /** Steps of an earlier run that the optimizer counts from. */
  readonly firstOptimizerStep: number;
}

export type StepOutcome = { readonly metrics: OptimizerMetrics } | { readonly fault: string };

/**
 * @param run its parameters, optimizer state, average and guard history are replaced, its step is not counted; unchanged on a fault
 * @param accumulated its gradients are freed as they are used
 */
export async function takeStep(
  { optimizer, guard, average, firstOptimizerStep }: StepTools,
  run: RunState,
  { grads, loss, weight }: AccumulatedGradients,
): Promise<StepOutcome> {
  const scale = 1 / weight;
  const norm = (await globalNorm(grads)) * scale;
  const numbers = { loss: loss * scale, gradNorm: norm };
  const fault = guard.faultOf(run.guardHistory, numbers);
  if (fault !== undefined) return { fault };
  const optimizerStep = firstOptimizerStep + run.step;
  const next = await optimizer.step(run.params, { grads, scale, norm }, run.optimizerState, optimizerStep, release);
  disposeReplaced(run.params, next.params);
  disposeReplaced(run.optimizerState, next.state);
  run.params = next.params;
  run.optimizerState = next.state;
  run.guardHistory = guard.accepted(run.guardHistory, numbers);
  if (average !== undefined) blendAverage(average, run, run.step + 1);
  return { metrics: { gradNorm: norm, ...next.metrics } };
}

/** The average moves on parameter by parameter; each old tensor goes at once. */
function blendAverage(average: WeightAverage, run: RunState, step: number): void {
  const next = new Map(run.average);
  run.average = next;
  for (const [name, before] of next) {
    const blended = average.blend(before, run.params.get(name)!, step);
    if (blended === before) continue;
    next.set(name, blended);
    before.dispose();
  }
}

function release(tensor: tf.Tensor): void {
  tensor.dispose();
}

/** Frees the tensors of `before` that `after` does not hold as well and that were not released on the way. */
function disposeReplaced(before: RunState['params'], after: RunState['params']): void {
  const kept = new Set(after.values());
  for (const tensor of before.values()) if (!kept.has(tensor) && !tensor.isDisposed) tf.dispose(tensor);
}
