/**
 * One training stage of the pipeline: the trainer's loop with checkpoints, logs and the progress bar, and the trained model at the end.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CheckpointStore, createCheckpointStore, hashJson, type JsonObject } from '@marco-ts/checkpoint';
import { copyParams, disposeParams, type LossFn, type ParamMap, paramsFromArrays } from '@marco-ts/core';
import {
  type EvaluateOptions,
  equalAverage,
  exponentialAverage,
  measurePeakFlops,
  runToEnd,
  type Schedule,
  type Synchronize,
  type TrainResult,
  train,
  type WatchOptions,
  type WeightAverage,
} from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { TrainingOptions } from '../config/schema/training-options.ts';
import type { RunRecipe, StageContext, StageCounts } from '../runner/stage.ts';
import { type StageModel, saveStageModel } from '../stage-files/model-files.ts';
import { readCarriedOptimizer, writeCarriedOptimizer } from '../training/carried-optimizer.ts';
import { type Adapter, makeAdapter } from '../training/make-adapter.ts';
import { makeLoggers } from '../training/make-loggers.ts';
import { makeOptimizer } from '../training/make-optimizer.ts';
import { makeSchedule } from '../training/make-schedule.ts';
import { startBackend } from './start-backend.ts';

export { TRAINING_LOG_FILE } from '../training/make-loggers.ts';

/** The record of the backend that the stage ran on. */
export const BACKEND_FILE = 'backend.json';
/** Where `lora` of the settings leaves the adapter, in PEFT's format. */
export const ADAPTER_DIRECTORY = 'adapter';
/** What a stopped stage that trains goes on from. */
export const CHECKPOINTS_DIRECTORY = 'checkpoints';

/** What every training section of a recipe has. */
export type TrainingSettings = TrainingOptions &
  Pick<
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
  /** freed once nothing needs it any more */
  readonly model: StageModel;
  readonly lossFn: LossFn<Batch>;
  readonly batchAt: (microBatchIndex: number) => Batch;
  readonly groupNames: readonly string[];
  /** part of the recipe that a checkpoint must agree with */
  readonly config: JsonObject;
  readonly evaluate?: EvaluateOptions | undefined;
  /** learning rate by steps within the stage, in place of the settings' */
  readonly schedule?: Schedule;
  /** operations per token of forward and backward, for the log */
  readonly flopsPerToken?: number;
  /** directory of the stage whose moments and step count are carried on */
  readonly continueFrom?: string | undefined;
  /** other workers of a common run */
  readonly synchronize?: Synchronize;
  /** leave the moments for the next stage to carry on */
  readonly keepOptimizer?: boolean;
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
    inThread: true,
  });
  const carried = plan.continueFrom === undefined ? undefined : await readCarriedOptimizer(plan.continueFrom);
  const schedule = plan.schedule ?? makeSchedule(settings, { peak: plan.learningRate, numSteps });
  const adapter = settings.lora && makeAdapter(model, plan.lossFn, settings.lora, context.seed);
  const { params, lossFn } = adapter ?? { ...plan, ...model };
  const logger = await makeLoggers({ ...settings, directory, runName: context.recipe.name, log });
  let result: TrainResult | undefined;
  try {
    progress.start({ total: numSteps, unit: 'steps' });
    const run = train({
      params,
      lossFn,
      batchAt: plan.batchAt,
      numSteps,
      gradAccumSteps: settings.gradAccumSteps,
      // The optimizer counts the steps of the stage that it carries on; the schedule is of this stage.
      optimizer: makeOptimizer(settings, (step) => schedule(step - (carried?.numSteps ?? 0))),
      checkpoints: { store, every: settings.checkpointEverySteps, configHash: hashJson(plan.config) },
      logEvery: settings.logEverySteps,
      signal,
      groupNames: plan.groupNames,
      guard: guardOf(settings),
      keepOptimizerState: plan.keepOptimizer ?? false,
      ...given('freeze', settings.freeze),
      ...given('average', averageOf(settings, numSteps)),
      ...given('evaluate', plan.evaluate && evaluateWhole(plan.evaluate, adapter)),
      ...given('watch', settings.watch as WatchOptions | undefined),
      ...given('continueFrom', carried),
      ...given('synchronize', plan.synchronize),
      ...(plan.flopsPerToken === undefined ? {} : { speed: await speedOf(plan.flopsPerToken) }),
    });
    let loss = Number.NaN;
    result = await runToEnd(run, async (event) => {
      await logger.log(event);
      if (event.type === 'run-started') {
        // The run has its own copy: two of them would cost 4 bytes a parameter.
        disposeParams(params);
        if (event.resumed) log(`going on from step ${event.step}`);
      }
      if (event.type === 'warning') log(event.message);
      if (event.type === 'round-completed') for (const note of event.notes) log(note);
      if (event.type === 'run-finished' && event.stoppedEarly)
        log(
          `${settings.watch!.metric} no longer improves: ended at step ${event.step}, the best was step ${event.best?.step}`,
        );
      if (event.type === 'step-completed') {
        loss = event.loss;
        progress.set(event.step, `loss ${event.loss.toFixed(3)}, ${Math.round(event.tokensPerSecond)} tokens/s`);
      }
    });
    if (result.interrupted) throw signal.reason;
    const handedOn = await paramsToHandOn(result, plan, store);
    const whole = adapter?.merged(handedOn);
    try {
      await adapter?.save(join(directory, ADAPTER_DIRECTORY), handedOn);
      await saveStageModel(directory, { config: model.config, params: whole ?? handedOn }, plan.files);
    } finally {
      if (whole !== undefined) disposeParams(whole);
      disposeParams(handedOn);
    }
    if (result.optimizerState !== undefined) {
      const numStepsSoFar = (carried?.numSteps ?? 0) + result.step;
      await writeCarriedOptimizer(directory, { optimizerState: result.optimizerState, numSteps: numStepsSoFar });
    }
    await rm(join(directory, CHECKPOINTS_DIRECTORY), { recursive: true, force: true });
    // A run that was stopped after its last step has no step left to take its loss from.
    const finalLoss = Number.isFinite(loss) ? { finalLoss: loss } : {};
    return { steps: result.step, tokens: result.totalTokens, ...finalLoss };
  } finally {
    await logger.close();
    disposeParams(params);
    disposeParams(model.params);
    for (const map of [carried?.optimizerState, result?.params, result?.average, result?.optimizerState])
      if (map !== undefined) disposeParams(map);
  }
}

/** The best checkpoint's weights where they are asked for, else the average, else the last. @returns owned by the caller */
async function paramsToHandOn<Batch>(
  result: TrainResult,
  { settings: { watch, weightAverage } }: TrainingPlan<Batch>,
  store: CheckpointStore,
): Promise<ParamMap> {
  if (
    watch?.keepBest !== true ||
    result.best === undefined ||
    result.best.step === 0 ||
    result.best.step === result.step
  ) {
    return copyParams(result.average ?? result.params);
  }
  const { groups } = await store.load(result.best.step);
  const best = paramsFromArrays((weightAverage === undefined ? groups.params : groups.average)!);
  // Frozen parameters are not in the checkpoint: they are as they were.
  return new Map([...copyParams(new Map([...result.params].filter(([name]) => !best.has(name)))), ...best]);
}

/** Validation is of the model, whatever part of it is trained. */
function evaluateWhole<Batch>(evaluate: EvaluateOptions, adapter: Adapter<Batch> | undefined): EvaluateOptions {
  if (adapter === undefined) return evaluate;
  return {
    ...evaluate,
    async run(trained, step, average) {
      const whole = adapter.applied(average ?? trained);
      try {
        return await evaluate.run(whole, step);
      } finally {
        disposeParams(whole);
      }
    },
  };
}

function guardOf({ onDivergence = 'stop', spikeThreshold }: TrainingSettings) {
  return { onFault: onDivergence, ...(spikeThreshold === undefined ? {} : { spikes: { threshold: spikeThreshold } }) };
}

function averageOf({ weightAverage }: TrainingSettings, numSteps: number): WeightAverage | undefined {
  if (weightAverage === undefined) return undefined;
  if (weightAverage.kind === 'exponential') return exponentialAverage({ decay: weightAverage.decay });
  const fromStep = Math.max(1, Math.round(numSteps * (1 - weightAverage.share)));
  return equalAverage({ fromStep, every: weightAverage.everySteps });
}

async function speedOf(flopsPerToken: number) {
  return { flopsPerToken, peakFlopsPerSecond: await measurePeakFlops() };
}

function given<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };
}
