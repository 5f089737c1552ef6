export {
  averageParams,
  type EqualAverageOptions,
  type ExponentialAverageOptions,
  equalAverage,
  exponentialAverage,
  type WeightAverage,
} from './averages/weight-average.ts';
export { type DeltaFormat, decodeDelta, encodeDelta, type FloatArrays } from './diloco/delta-codec.ts';
export { createDilocoWorker, type DilocoOptions, type DilocoWorker } from './diloco/diloco-worker.ts';
export { createDirectoryMailbox, type Mailbox } from './diloco/mailbox.ts';
export { nesterovOuterStep, type OuterSettings, type OuterState } from './diloco/nesterov-outer-step.ts';
export { createS3Mailbox, type S3MailboxOptions } from './diloco/s3-mailbox.ts';
export { spikeOf } from './guards/spike.ts';
export type { GuardOptions, SpikeOptions } from './guards/step-guard.ts';
export { combineLoggers, type EventLogger } from './logs/event-logger.ts';
export { eventScalars } from './logs/event-scalars.ts';
export { createJsonlLogger } from './logs/jsonl-logger.ts';
export { createMlflowLogger, type MlflowLogger, type MlflowLoggerOptions } from './logs/mlflow-logger.ts';
export { type LoggedEvent, readJsonlLog } from './logs/read-jsonl-log.ts';
export { createTensorBoardLogger } from './logs/tensorboard-logger.ts';
export type { GroupSums } from './loop/batch-facts.ts';
export { type EvaluatedLoss, type EvaluateLossOptions, evaluateLoss } from './loop/evaluate-loss.ts';
export type { CheckpointOptions } from './loop/run-state.ts';
export { runToEnd } from './loop/run-to-end.ts';
export type { SpeedFacts } from './loop/step-window.ts';
export type { Exchange, SharedState, Synchronize } from './loop/synchronize.ts';
export { train } from './loop/train.ts';
export type {
  CheckpointSaved,
  EvaluationCompleted,
  GroupLoss,
  MemoryUse,
  RoundCompleted,
  RunFinished,
  RunInterrupted,
  RunStarted,
  StepCompleted,
  TrainEvent,
  Warning,
} from './loop/train-event.ts';
export type { ContinueFrom, EvaluateOptions, TrainOptions, TrainResult } from './loop/train-options.ts';
export type { WatchOptions } from './loop/watched-metric.ts';
export { type AdamWOptions, adamw, decaysByDefault } from './optimizers/adamw.ts';
export { chain } from './optimizers/chain.ts';
export { clipByGlobalNorm } from './optimizers/clip-by-global-norm.ts';
export { isHiddenMatrix, type MuonOptions, muon } from './optimizers/muon.ts';
export type {
  GradientTransform,
  Optimizer,
  OptimizerMetrics,
  OptimizerState,
  OptimizerStep,
  Release,
  TransformStep,
  Updates,
} from './optimizers/optimizer.ts';
export { orthogonalize } from './optimizers/orthogonalize.ts';
export { type OptimizerPart, partition } from './optimizers/partition.ts';
export { measurePeakFlops } from './probe/measure-peak-flops.ts';
export { type ConstantOptions, constant } from './schedules/constant.ts';
export { cosine } from './schedules/cosine.ts';
export { type DecayOptions, linear } from './schedules/linear.ts';
export type { DecayShape, Schedule } from './schedules/schedule.ts';
export { type TwoStageScheduleOptions, twoStageSchedule } from './schedules/two-stage-schedule.ts';
export { type WarmupStableDecayOptions, warmupStableDecay } from './schedules/warmup-stable-decay.ts';
export { freezeParameters, joinParams, type SplitParams, withFrozen } from './selection/freeze-parameters.ts';
export {
  type PlannedStage,
  type StageTokens,
  type TwoStagePlan,
  type TwoStagePlanOptions,
  twoStagePlan,
} from './two-stage-plan.ts';
