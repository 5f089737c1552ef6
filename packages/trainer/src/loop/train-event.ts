/**
 * Everything a run says about itself, as plain objects that a log, a progress bar or a test may read.
 *
 * Units: `step` counts completed optimizer steps; losses are nats per item (per predicted token for language modelling).
 */

export interface GroupLoss {
  /** Nats per predicted token of this group. */
  readonly loss: number;
  readonly numTargets: number;
}

/** The first event of a run. */
export interface RunStarted {
  readonly type: 'run-started';
  /** Steps already done: 0, or the step of the checkpoint that the run goes on from. */
  readonly step: number;
  readonly numSteps: number;
  readonly resumed: boolean;
}

/** Means over the steps since the last such event (one step at `logEvery` 1). */
export interface StepCompleted {
  readonly type: 'step-completed';
  readonly step: number;
  readonly numSteps: number;
  readonly loss: number;
  readonly learningRate: number;
  /** L2 norm of the averaged gradient before clipping, of the last step. */
  readonly gradNorm: number;
  /** Tokens of these steps that were not padding. */
  readonly numTokens: number;
  /** Items the loss was averaged over: predicted tokens, or preference pairs. */
  readonly numTargets: number;
  /** Tokens since the first step of the whole run, resumed parts included. */
  readonly totalTokens: number;
  readonly tokensPerSecond: number;
  /** Operations per second that these tokens are worth, where `speed` says how many one takes. */
  readonly flopsPerSecond?: number;
  /** Their share of what the machine was measured to do, in [0, 1]. */
  readonly peakShare?: number;
  /** Milliseconds per step, evaluation and checkpoints excluded. */
  readonly durationMs: number;
  readonly memory: MemoryUse;
  /** Metrics of the loss, per item. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Loss by source or language, where the batch says which token is whose. */
  readonly groups?: Readonly<Record<string, GroupLoss>>;
}

/** What the run holds in memory between two steps. */
export interface MemoryUse {
  /** Tensors alive in the backend between two steps: constant over a run. */
  readonly numTensors: number;
  readonly tensorBytes: number;
  /** Resident memory of the process where the platform tells it. */
  readonly residentBytes?: number;
}

/** What `evaluate.run` measured after a step. */
export interface EvaluationCompleted {
  readonly type: 'evaluation-completed';
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly durationMs: number;
  /** The watched metric is the best so far. */
  readonly isBest?: boolean;
}

/** Parameters were exchanged with other workers. */
export interface RoundCompleted {
  readonly type: 'round-completed';
  /** Where the common run stands now. */
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  readonly durationMs: number;
}

/** A checkpoint is safe on the disk; steps may have been made meanwhile. */
export interface CheckpointSaved {
  readonly type: 'checkpoint-saved';
  /** Of the checkpoint. */
  readonly step: number;
  /** From its beginning until it was safe. */
  readonly durationMs: number;
  /** How long the loop stood still for it. */
  readonly stallMs: number;
}

/** Something that did not stop the run and that a person should know. */
export interface Warning {
  readonly type: 'warning';
  readonly step: number;
  readonly code: 'checkpoint-skipped' | 'empty-batch' | 'step-skipped';
  readonly message: string;
}

/** The signal was raised: the step at hand was finished and saved; the same call goes on from here. */
export interface RunInterrupted {
  readonly type: 'run-interrupted';
  readonly step: number;
}

/** The last event of a run that came to its end. */
export interface RunFinished {
  readonly type: 'run-finished';
  readonly step: number;
  readonly totalTokens: number;
  readonly durationMs: number;
  /** The best evaluation, where a metric was watched. */
  readonly best?: { readonly step: number; readonly value: number };
  /** The watched metric did not improve any more. */
  readonly stoppedEarly?: boolean;
}

/** Any event of a run, told apart by `type`. */
export type TrainEvent =
  | RunStarted
  | StepCompleted
  | EvaluationCompleted
  | RoundCompleted
  | CheckpointSaved
  | Warning
  | RunInterrupted
  | RunFinished;
