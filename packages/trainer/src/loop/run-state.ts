/**
 * Everything that a run is between two steps, and its way to and from the checkpoint store.
 *
 * Batches need no state of their own: `batchAt(step * gradAccumSteps)` is the next one.
 */
import type { CheckpointContents, CheckpointStore, JsonObject } from '@marco-ts/checkpoint';
import { copyParams, disposeParams, type ParamMap, paramsFromArrays, paramsToArrays } from '@marco-ts/core';
import { EMPTY_HISTORY, type GuardHistory } from '../guards/step-guard.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { NOTHING_WATCHED, type Watched } from './watched-metric.ts';

/** Where and how often a run is saved, and whose checkpoints it goes on from. */
export interface CheckpointOptions {
  /** Of `createCheckpointStore`; with `inThread` the loop goes on while a checkpoint is written. */
  readonly store: Pick<CheckpointStore, 'save' | 'loadLatest'>;
  /** Steps between two checkpoints; the last step and an interruption are saved as well. */
  readonly every: number;
  /** Identifies recipe, data and model: a checkpoint of another run is refused. */
  readonly configHash: string;
}

/** The loop replaces the fields as it goes; the tensors are its own. */
export interface RunState {
  /** those that are trained */
  params: ParamMap;
  optimizerState: OptimizerState;
  /** average of the weights, where one is asked for */
  average: ParamMap | undefined;
  step: number;
  totalTokens: number;
  guardHistory: GuardHistory;
  watched: Watched;
}

/** @param params copied, not kept */
export function freshRunState(
  params: ParamMap,
  initOptimizer: (params: ParamMap) => OptimizerState,
  hasAverage: boolean,
): RunState {
  return {
    params: copyParams(params),
    optimizerState: initOptimizer(params),
    average: hasAverage ? copyParams(params) : undefined,
    step: 0,
    totalTokens: 0,
    guardHistory: EMPTY_HISTORY,
    watched: NOTHING_WATCHED,
  };
}

export function disposeRunState({ params, optimizerState, average }: RunState): void {
  for (const map of [params, optimizerState, average ?? new Map()]) disposeParams(map);
}

/** @returns a copy of everything, as the store takes it */
export async function snapshotRunState(run: RunState, configHash: string): Promise<CheckpointContents> {
  return {
    groups: {
      params: await paramsToArrays(run.params),
      optimizer: await paramsToArrays(run.optimizerState),
      ...(run.average === undefined ? {} : { average: await paramsToArrays(run.average) }),
    },
    state: {
      configHash,
      step: run.step,
      totalTokens: run.totalTokens,
      guardHistory: run.guardHistory as unknown as JsonObject,
      watched: run.watched as unknown as JsonObject,
    },
  };
}

export interface LoadedRunState {
  readonly run: RunState;
  /** Checkpoints passed over, newest first, each with its reason. */
  readonly skipped: readonly string[];
}

/**
 * @param initial trained parameters of a fresh run: names and shapes that the checkpoint must have; not disposed
 * @returns the newest whole checkpoint; null when there is none
 * @throws Error when the checkpoint belongs to another configuration or model
 */
export async function loadRunState(
  { store, configHash }: CheckpointOptions,
  initial: ParamMap,
  hasAverage: boolean,
): Promise<LoadedRunState | null> {
  const found = await store.loadLatest();
  if (found === null) return null;
  const { step, groups, state } = found;
  if (state.configHash !== configHash) {
    throw new Error(
      `[@marco-ts/trainer] train: a run resumes only with the configuration it was started with, whose hash is ${String(state.configHash)}, got ${configHash} at checkpoint ${step}. Restore that configuration or choose another directory.`,
    );
  }
  const { params, optimizer, average } = groups;
  const isComplete = params !== undefined && optimizer !== undefined && (average !== undefined || !hasAverage);
  if (!isComplete || typeof state.totalTokens !== 'number') {
    throw new Error(
      `[@marco-ts/trainer] train: a checkpoint must hold params, optimizer, totalTokens${hasAverage ? ' and average' : ''}, got groups ${Object.keys(groups).join(', ')} at checkpoint ${step}. It was not written by this run; choose another directory.`,
    );
  }
  for (const [name, tensor] of initial) {
    const shape = params.get(name)?.shape;
    if (params.size !== initial.size || shape?.join() !== tensor.shape.join()) {
      throw new Error(
        `[@marco-ts/trainer] train: a checkpoint must have the model's parameters, ${name} [${tensor.shape.join(', ')}], got [${shape?.join(', ') ?? 'none'}] at checkpoint ${step}. Choose the directory of this model.`,
      );
    }
  }
  // Sums over all parameters (the gradient norm) depend on their order in the last bit: keep the model's, not the file's.
  const ordered = (arrays: typeof params) =>
    paramsFromArrays(new Map([...initial.keys()].map((name) => [name, arrays.get(name)!])));
  return {
    run: {
      params: ordered(params),
      optimizerState: paramsFromArrays(optimizer),
      average: hasAverage ? ordered(average!) : undefined,
      step,
      totalTokens: state.totalTokens,
      guardHistory: (state.guardHistory ?? EMPTY_HISTORY) as unknown as GuardHistory,
      watched: (state.watched ?? NOTHING_WATCHED) as unknown as Watched,
    },
    skipped: found.skipped.map(({ step, reason }) => `step ${step}: ${reason}`),
  };
}
