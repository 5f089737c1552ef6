/**
 * The training loop: the only one. What is trained, on what and how is all in its arguments; what happens comes out as events.
 *
 * Source: `train` as an async generator after epfml/disco; step order after Hugging Face `Trainer` (schedule(0) at the first step).
 * Laws, held by tests: 1 x 8 micro-batches equal 4 x 2; ten steps equal five, a resume and five, bit for bit; no tensor is left behind.
 */
import { copyParams, disposeParams, globalNorm, type LossFn, type ParamMap } from '@marco-ts/core';
import type { Optimizer, OptimizerStep } from '../optimizers/optimizer.ts';
import { type AccumulatedGradients, accumulateGradients } from './accumulate-gradients.ts';
import { divergenceError } from './divergence-error.ts';
import { createStepWindow } from './step-window.ts';
import type { TrainEvent } from './train-event.ts';
import { type CheckpointOptions, loadTrainingState, saveTrainingState } from './training-checkpoint.ts';

export interface EvaluateOptions {
  /** Steps between two evaluations; the last step is evaluated as well. */
  readonly every: number;
  /** @param params borrowed for the call: not to be disposed or kept */
  run(params: ParamMap, step: number): Promise<Readonly<Record<string, number>>>;
}

export interface TrainOptions<Batch> {
  /** Where a fresh run begins; never disposed, never changed. */
  readonly params: ParamMap;
  readonly lossFn: LossFn<Batch>;
  /** Micro-batch of any index in [0, numSteps · gradAccumSteps), the same each time it is asked. */
  batchAt(microBatchIndex: number): Batch | Promise<Batch>;
  /** Optimizer steps of the whole run, resumed ones included. */
  readonly numSteps: number;
  /** Micro-batches per step; default 1. */
  readonly gradAccumSteps?: number;
  readonly optimizer: Optimizer;
  readonly checkpoints?: CheckpointOptions;
  /** Steps per `step-completed` event; default 1. Checkpoints and evaluations end a group of steps early. */
  readonly logEvery?: number;
  readonly evaluate?: EvaluateOptions;
  /** When raised, the step at hand is finished and saved, and the run returns. */
  readonly signal?: AbortSignal;
  /** Names of the values of `batch.sourceIds`. */
  readonly groupNames?: readonly string[];
}

export interface TrainResult {
  /** Owned by the caller. */
  readonly params: ParamMap;
  readonly step: number;
  readonly totalTokens: number;
  readonly interrupted: boolean;
}

/**
 * Trains from the newest checkpoint, or from `params`. Leaving the generator early (`break`) frees all that it owns.
 *
 * @throws Error on bad options, on a checkpoint of another configuration, and when a loss or gradient is not finite
 */
export async function* train<Batch>(options: TrainOptions<Batch>): AsyncGenerator<TrainEvent, TrainResult, void> {
  requireTrainOptions(options);
  const {
    lossFn,
    numSteps,
    gradAccumSteps = 1,
    optimizer,
    checkpoints,
    logEvery = 1,
    evaluate,
    signal,
    groupNames = [],
  } = options;
  const startedAt = performance.now();
  const loaded = checkpoints === undefined ? null : await loadTrainingState(checkpoints, options.params);
  let params = loaded?.params ?? copyParams(options.params);
  let state = loaded?.optimizerState ?? optimizer.init(params);
  let step = loaded?.step ?? 0;
  let totalTokens = loaded?.totalTokens ?? 0;
  let savedStep = loaded?.step ?? 0;
  let handedOver = false;
  const window = createStepWindow(groupNames);

  const save = async function* (): AsyncGenerator<TrainEvent, void, void> {
    if (checkpoints === undefined || savedStep === step) return;
    const before = performance.now();
    await saveTrainingState(checkpoints, { params, optimizerState: state, step, totalTokens });
    savedStep = step;
    yield { type: 'checkpoint-saved', step, durationMs: performance.now() - before };
  };

  try {
    if (step > numSteps) {
      throw new Error(
        `[@marco-ts/trainer] train: numSteps must not be below the checkpoint's step ${step}, got ${numSteps}. Raise numSteps or choose another directory.`,
      );
    }
    yield { type: 'run-started', step, numSteps, resumed: loaded !== null };
    for (const reason of loaded?.skipped ?? []) {
      yield {
        type: 'warning',
        step,
        code: 'checkpoint-skipped',
        message: `Passed over a damaged checkpoint: ${reason}`,
      };
    }
    while (step < numSteps) {
      if (signal?.aborted) {
        yield* save();
        yield { type: 'run-interrupted', step };
        handedOver = true;
        return { params, step, totalTokens, interrupted: true };
      }
      const stepStartedAt = performance.now();
      const batches: Batch[] = [];
      for (let micro = 0; micro < gradAccumSteps; micro++)
        batches.push(await options.batchAt(step * gradAccumSteps + micro));
      const accumulated = await accumulateGradients(params, lossFn, batches);
      try {
        if (accumulated.weight > 0) {
          const place = { step: step + 1, batches, firstMicroBatch: step * gradAccumSteps, groupNames, savedStep };
          const next = await checkedStep(optimizer, { params, state, step }, accumulated, place);
          disposeReplaced(params, next.params);
          disposeReplaced(state, next.state);
          ({ params, state } = next);
          totalTokens += accumulated.numTokens;
          window.add(accumulated, next.metrics, performance.now() - stepStartedAt);
        }
      } finally {
        disposeParams(accumulated.grads);
      }
      step++;
      if (accumulated.weight === 0) {
        yield {
          type: 'warning',
          step,
          code: 'empty-batch',
          message: `Step ${step} predicts no token; its update was left out.`,
        };
      }
      const evaluatesNow = evaluate !== undefined && (step % evaluate.every === 0 || step === numSteps);
      const savesNow = checkpoints !== undefined && (step % checkpoints.every === 0 || step === numSteps);
      const logsNow = step % logEvery === 0 || step === numSteps || evaluatesNow || savesNow || signal?.aborted;
      if (logsNow && !window.isEmpty) yield window.flush({ step, numSteps, totalTokens });
      if (evaluatesNow) {
        const before = performance.now();
        const metrics = await evaluate.run(params, step);
        yield { type: 'evaluation-completed', step, metrics, durationMs: performance.now() - before };
      }
      if (savesNow) yield* save();
      await nextMacrotask();
    }
    yield { type: 'run-finished', step, totalTokens, durationMs: performance.now() - startedAt };
    handedOver = true;
    return { params, step, totalTokens, interrupted: false };
  } finally {
    disposeParams(state);
    if (!handedOver) disposeParams(params);
  }
}

/** One optimizer step that leaves nothing behind when loss, gradient or update is not finite. */
async function checkedStep(
  optimizer: Optimizer,
  from: { readonly params: ParamMap; readonly state: ParamMap; readonly step: number },
  { grads, loss, weight }: AccumulatedGradients,
  place: Parameters<typeof divergenceError>[1],
): Promise<OptimizerStep> {
  if (!Number.isFinite(loss)) throw divergenceError(`loss ${loss}`, place);
  const scale = 1 / weight;
  const next = await optimizer.step(from.params, { grads, scale }, from.state, from.step);
  const gradNorm = next.metrics.gradNorm ?? (await globalNorm(grads)) * scale;
  if (!Number.isFinite(gradNorm)) {
    disposeReplaced(next.params, from.params);
    disposeReplaced(next.state, from.state);
    throw divergenceError(`gradient norm ${gradNorm}`, place);
  }
  return { ...next, metrics: { ...next.metrics, gradNorm } };
}

/** Frees the tensors of `before` that `after` does not hold as well. */
function disposeReplaced(before: ParamMap, after: ParamMap): void {
  const kept = new Set(after.values());
  disposeParams(new Map([...before].filter(([, tensor]) => !kept.has(tensor))));
}

/** Lets signal handlers, timers and progress bars run between two steps of synchronous maths. */
function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

function requireTrainOptions<Batch>(options: TrainOptions<Batch>): void {
  const counts = {
    gradAccumSteps: options.gradAccumSteps ?? 1,
    logEvery: options.logEvery ?? 1,
    'checkpoints.every': options.checkpoints?.every ?? 1,
    'evaluate.every': options.evaluate?.every ?? 1,
  };
  for (const [field, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new Error(
        `[@marco-ts/trainer] train: ${field} must be a whole number >= 1, got ${value}. Correct it in the recipe.`,
      );
    }
  }
  if (!Number.isSafeInteger(options.numSteps) || options.numSteps < 0) {
    throw new Error(
      `[@marco-ts/trainer] train: numSteps must be a whole number >= 0, got ${options.numSteps}. Correct it in the recipe.`,
    );
  }
  if (options.params.size === 0) {
    throw new Error(
      '[@marco-ts/trainer] train: params must hold at least one tensor, got an empty map. Load or initialise a model first.',
    );
  }
}
