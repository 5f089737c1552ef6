/**
 * What a run is told, and the checks of it.
 */
import type { LossFn, ParamMap } from '@marco-ts/core';
import type { WeightAverage } from '../averages/weight-average.ts';
import type { GuardOptions } from '../guards/step-guard.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import type { CheckpointOptions } from './run-state.ts';
import type { SpeedFacts } from './step-window.ts';
import type { Synchronize } from './synchronize.ts';
import type { WatchOptions } from './watched-metric.ts';

/** When a run is evaluated, and how. */
export interface EvaluateOptions {
  /** Steps between two evaluations; the last step is evaluated as well. */
  readonly every: number;
  /** Evaluate before the first step too. Default false. */
  readonly atStart?: boolean;
  /**
   * Measures the parameters after a step.
   *
   * @param params all parameters, borrowed for the call: not to be disposed or kept
   * @param average of the weights, where `average` is asked for, with the frozen ones as they are; borrowed too
   */
  run(params: ParamMap, step: number, average?: ParamMap): Promise<Readonly<Record<string, number>>>;
}

/** Optimizer state of an earlier run that this one carries on, such as the first stage's moments in the second. */
export interface ContinueFrom {
  /** Copied, never disposed. */
  readonly optimizerState: OptimizerState;
  /** Steps of the earlier run: schedules and bias corrections count from there. */
  readonly numSteps: number;
}

/** Everything that `train` is told: where it begins, what it learns from, how it steps, and what is kept. */
export interface TrainOptions<Batch> {
  /** Where a fresh run begins; never disposed, never changed. May be disposed once the run has started. */
  readonly params: ParamMap;
  readonly lossFn: LossFn<Batch>;
  /** Micro-batch of any index in [0, numSteps · gradAccumSteps), the same each time it is asked. */
  batchAt(microBatchIndex: number): Batch | Promise<Batch>;
  /** Optimizer steps of the whole run, resumed ones included. */
  readonly numSteps: number;
  /** Micro-batches per step; default 1. */
  readonly gradAccumSteps?: number;
  readonly optimizer: Optimizer;
  readonly continueFrom?: ContinueFrom;
  /** Patterns of the names of parameters that are not trained, as in `freezeParameters`. */
  readonly freeze?: readonly string[];
  /** An average of the trained weights, kept beside them. */
  readonly average?: WeightAverage;
  readonly checkpoints?: CheckpointOptions;
  /** Steps per `step-completed` event; default 1. Checkpoints and evaluations end a group of steps early. */
  readonly logEvery?: number;
  readonly evaluate?: EvaluateOptions;
  /** Judges the run by a metric of `evaluate`: keeps the best checkpoint, stops early. */
  readonly watch?: WatchOptions;
  readonly guard?: GuardOptions;
  /** For `flopsPerSecond` and `peakShare` in the events. */
  readonly speed?: SpeedFacts;
  /** Other workers of a common run. */
  readonly synchronize?: Synchronize;
  /** When raised, the step at hand is finished and saved, and the run returns. */
  readonly signal?: AbortSignal;
  /** Names of the values of `batch.sourceIds`. */
  readonly groupNames?: readonly string[];
  /** Hand the optimizer's state over at the end, for `continueFrom` of the next run. Default false. */
  readonly keepOptimizerState?: boolean;
}

/** All tensors are owned by the caller. */
export interface TrainResult {
  readonly params: ParamMap;
  /** Where `average` was asked for: of all parameters, frozen ones as they are. */
  readonly average?: ParamMap;
  /** Where `keepOptimizerState` was asked for. */
  readonly optimizerState?: OptimizerState;
  readonly step: number;
  readonly totalTokens: number;
  readonly interrupted: boolean;
  /** The watched metric did not improve any more. */
  readonly stoppedEarly: boolean;
  /** The best evaluation, where a metric was watched and there was one. */
  readonly best?: { readonly step: number; readonly value: number };
}

/** @throws Error naming the first option that cannot be */
export function requireTrainOptions<Batch>(options: TrainOptions<Batch>): void {
  const counts = {
    gradAccumSteps: options.gradAccumSteps ?? 1,
    logEvery: options.logEvery ?? 1,
    'checkpoints.every': options.checkpoints?.every ?? 1,
    'evaluate.every': options.evaluate?.every ?? 1,
    'synchronize.every': options.synchronize?.every ?? 1,
    'watch.patience': options.watch?.patience ?? 1,
  };
  for (const [field, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) throw fault(`${field} must be a whole number >= 1, got ${value}`);
  }
  if (!Number.isSafeInteger(options.numSteps) || options.numSteps < 0) {
    throw fault(`numSteps must be a whole number >= 0, got ${options.numSteps}`);
  }
  if (options.watch !== undefined && options.evaluate === undefined) {
    throw fault('watch needs evaluate, whose metric it watches, got none');
  }
  if (options.params.size === 0) {
    throw new Error(
      '[@marco-ts/trainer] train: params must hold at least one tensor, got an empty map. Load or initialise a model first.',
    );
  }
}

function fault(rule: string): Error {
  return new Error(`[@marco-ts/trainer] train: ${rule}. Correct it in the recipe.`);
}
