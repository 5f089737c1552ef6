/**
 * A run's whole state to and from the checkpoint store: parameters, optimizer state, step, token count, the hash of its configuration.
 *
 * Batches need no state of their own: `batchAt(step * gradAccumSteps)` is the next one.
 */
import type { CheckpointStore } from '@marco-ts/checkpoint';
import { type ParamMap, paramsFromArrays, paramsToArrays } from '@marco-ts/core';
import type { OptimizerState } from '../optimizers/optimizer.ts';

export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Steps between two checkpoints; the last step and an interruption are saved as well. */
  readonly every: number;
  /** Identifies recipe, data and model: a checkpoint of another run is refused. */
  readonly configHash: string;
}

export interface TrainingState {
  readonly params: ParamMap;
  readonly optimizerState: OptimizerState;
  readonly step: number;
  readonly totalTokens: number;
}

/** Writes one checkpoint; `state` is not disposed. */
export async function saveTrainingState({ store, configHash }: CheckpointOptions, state: TrainingState): Promise<void> {
  const groups = { params: await paramsToArrays(state.params), optimizer: await paramsToArrays(state.optimizerState) };
  await store.save(state.step, { groups, state: { configHash, step: state.step, totalTokens: state.totalTokens } });
}

export interface LoadedTrainingState extends TrainingState {
  /** Checkpoints passed over, newest first, each with its reason. */
  readonly skipped: readonly string[];
}

/**
 * @param initial parameters of a fresh run: names and shapes that the checkpoint must have; not disposed
 * @returns the newest whole checkpoint, its tensors owned by the caller; null when there is none
 * @throws Error when the checkpoint belongs to another configuration or model
 */
export async function loadTrainingState(
  { store, configHash }: CheckpointOptions,
  initial: ParamMap,
): Promise<LoadedTrainingState | null> {
  const found = await store.loadLatest();
  if (found === null) return null;
  const { step, groups, state } = found;
  if (state.configHash !== configHash) {
    throw new Error(
      `[@marco-ts/trainer] train: a run resumes only with the configuration it was started with, whose hash is ${String(state.configHash)}, got ${configHash} at checkpoint ${step}. Restore that configuration or choose another directory.`,
    );
  }
  const { params, optimizer } = groups;
  if (params === undefined || optimizer === undefined || typeof state.totalTokens !== 'number') {
    throw new Error(
      `[@marco-ts/trainer] train: a checkpoint must hold params, optimizer and totalTokens, got groups ${Object.keys(groups).join(', ')} at checkpoint ${step}. It was not written by train; choose another directory.`,
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
  const ordered = new Map([...initial.keys()].map((name) => [name, params.get(name)!]));
  return {
    params: paramsFromArrays(ordered),
    optimizerState: paramsFromArrays(optimizer),
    step,
    totalTokens: state.totalTokens,
    skipped: found.skipped.map(({ step, reason }) => `step ${step}: ${reason}`),
  };
}
