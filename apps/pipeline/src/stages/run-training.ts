/**
 * One training stage of the pipeline: the trainer's loop with checkpoints, a log and the progress bar, and the trained model at the end.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCheckpointStore, hashJson, type JsonObject } from '@marco-ts/checkpoint';
import { disposeParams, type LossFn, type ParamMap } from '@marco-ts/core';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  createJsonlLogger,
  type EvaluateOptions,
  runToEnd,
  train,
} from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { RunRecipe, StageContext, StageCounts } from '../runner/stage.ts';
import { type StageModel, saveStageModel } from '../stage-files/model-files.ts';
import { startBackend } from './start-backend.ts';

/** The record of the backend that the stage ran on. */
export const BACKEND_FILE = 'backend.json';
export const TRAINING_LOG_FILE = 'training.jsonl';
const CHECKPOINTS_DIRECTORY = 'checkpoints';

/** What every training section of a recipe has. */
export type TrainingSettings = Pick<
  Recipe['pretrain'],
  | 'gradAccumSteps'
  | 'adamBeta1'
  | 'adamBeta2'
  | 'adamEpsilon'
  | 'weightDecay'
  | 'maxGradNorm'
  | 'warmupRatio'
  | 'minLearningRateRatio'
  | 'logEverySteps'
  | 'checkpointEverySteps'
  | 'keepLastCheckpoints'
>;

export interface TrainingPlan<Batch> {
  readonly settings: TrainingSettings;
  readonly learningRate: number;
  readonly numSteps: number;
  /** freed at the end */
  readonly model: StageModel;
  readonly lossFn: LossFn<Batch>;
  readonly batchAt: (microBatchIndex: number) => Batch;
  readonly groupNames: readonly string[];
  /** part of the recipe that a checkpoint must agree with */
  readonly config: JsonObject;
  readonly evaluate?: EvaluateOptions;
  /** saved beside the weights, such as the tokenizer's */
  readonly files?: Readonly<Record<string, string>>;
}

/** The context of any run whose recipe names a backend. */
export type TrainingContext = StageContext<RunRecipe & Pick<Recipe, 'backend'>>;

/** Resumes from the stage's own checkpoints when it was stopped. @throws the signal's reason when stopped, after saving */
export async function runTraining<Batch>(context: TrainingContext, plan: TrainingPlan<Batch>): Promise<StageCounts> {
  const { directory, progress, signal, log } = context;
  const { settings, numSteps, model } = plan;
  const backend = await startBackend(context.recipe);
  log(`backend ${backend.name}: ${backend.reason}`);
  await writeFile(join(directory, BACKEND_FILE), JSON.stringify(backend, null, 2));
  const store = createCheckpointStore(join(directory, CHECKPOINTS_DIRECTORY), {
    keepLast: settings.keepLastCheckpoints,
  });
  const logger = await createJsonlLogger(join(directory, TRAINING_LOG_FILE));
  let trained: ParamMap | undefined;
  try {
    progress.start({ total: numSteps, unit: 'steps' });
    const run = train({
      params: model.params,
      lossFn: plan.lossFn,
      batchAt: plan.batchAt,
      numSteps,
      gradAccumSteps: settings.gradAccumSteps,
      optimizer: chain(
        clipByGlobalNorm(settings.maxGradNorm),
        adamw({
          learningRate: cosine({
            peak: plan.learningRate,
            numSteps,
            warmupSteps: Math.round(numSteps * settings.warmupRatio),
            minRatio: settings.minLearningRateRatio,
          }),
          beta1: settings.adamBeta1,
          beta2: settings.adamBeta2,
          eps: settings.adamEpsilon,
          weightDecay: settings.weightDecay,
        }),
      ),
      checkpoints: { store, every: settings.checkpointEverySteps, configHash: hashJson(plan.config) },
      logEvery: settings.logEverySteps,
      signal,
      groupNames: plan.groupNames,
      ...(plan.evaluate === undefined ? {} : { evaluate: plan.evaluate }),
    });
    let loss = Number.NaN;
    const result = await runToEnd(run, async (event) => {
      await logger.log(event);
      if (event.type === 'run-started' && event.resumed) log(`going on from step ${event.step}`);
      if (event.type === 'warning') log(event.message);
      if (event.type === 'step-completed') {
        loss = event.loss;
        progress.set(event.step, `loss ${event.loss.toFixed(3)}, ${Math.round(event.tokensPerSecond)} tokens/s`);
      }
    });
    trained = result.params;
    if (result.interrupted) throw signal.reason;
    await saveStageModel(directory, { config: model.config, params: trained }, plan.files);
    await rm(join(directory, CHECKPOINTS_DIRECTORY), { recursive: true, force: true });
    return { steps: numSteps, tokens: result.totalTokens, finalLoss: loss };
  } finally {
    await logger.close();
    disposeParams(model.params);
    if (trained !== undefined) disposeParams(trained);
  }
}
