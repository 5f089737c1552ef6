/**
 * What every alignment does with encoded pairs: reference log-probabilities once, batches, training, and a word when both answers get unlikelier.
 */
import { join } from 'node:path';
import {
  type EncodedPreferencePair,
  fingerprintReference,
  type PreferenceBatch,
  type PreferenceLoader,
  packPreferencePairs,
  precomputeReferenceLogProbs,
} from '@marco-ts/aligner';
import type { JsonObject } from '@marco-ts/checkpoint';
import type { LossFn } from '@marco-ts/core';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { type EvaluateOptions, readJsonlLog } from '@marco-ts/trainer';
import type { StageCounts } from '../runner/stage.ts';
import type { StageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { runTraining, TRAINING_LOG_FILE, type TrainingContext, type TrainingSettings } from './run-training.ts';

export interface PreferencePlan<Batch extends PreferenceBatch> {
  readonly settings: TrainingSettings & {
    readonly sequenceLength: number;
    readonly microBatchSize: number;
    readonly numEpochs: number;
    readonly learningRate: number;
  };
  readonly pairs: readonly EncodedPreferencePair[];
  readonly tokenizer: Tokenizer;
  /** Both the reference and where training starts; freed at the end. With `lora` the reference is the model with the adapter off. */
  readonly model: StageModel;
  readonly lossFn: LossFn<Batch>;
  /** Whether the loss compares with the reference. */
  readonly needsReference: boolean;
  /** Adds to each batch what the loss wants beside the pairs. */
  readonly extend?: (loader: PreferenceLoader, index: number) => Batch;
  readonly evaluate?: EvaluateOptions | undefined;
  /** Part of the recipe that a checkpoint must agree with. */
  readonly config: JsonObject;
  /** Saved beside the weights: tokenizer files. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function trainOnPreferences<Batch extends PreferenceBatch>(
  context: TrainingContext,
  plan: PreferencePlan<Batch>,
): Promise<StageCounts> {
  const { directory, seed, log, progress, signal } = context;
  const { settings, pairs, model, tokenizer, lossFn, config } = plan;
  const { sequenceLength, microBatchSize, numEpochs, learningRate, gradAccumSteps } = settings;
  const shape = { pairs, sequenceLength, microBatchSize, padTokenId: tokenizer.padTokenId };
  let reference: Awaited<ReturnType<typeof precomputeReferenceLogProbs>> | undefined;
  if (plan.needsReference) {
    progress.start({ unit: 'batches', label: 'reference log-probabilities' });
    reference = await precomputeReferenceLogProbs({
      ...shape,
      params: model.params,
      config: model.config,
      cache: {
        path: join(directory, 'reference-log-probs.json'),
        fingerprint: await fingerprintReference({ pairs, model: model.params, tokenizer, maxLength: sequenceLength }),
      },
      onProgress: () => progress.advance(),
      signal,
    });
  }
  const loader = packPreferencePairs({
    ...shape,
    ...(reference && { reference }),
    numEpochs,
    seed,
    groupBy: ({ kind }) => kind,
  });
  const { extend = (own, index) => own.batchAt(index) as Batch } = plan;
  const counts = await runTraining<Batch>(context, {
    settings,
    learningRate,
    numSteps: numStepsOf(loader.numBatches, gradAccumSteps),
    model,
    lossFn,
    evaluate: plan.evaluate,
    batchAt: (index) => extend(loader, index),
    groupNames: loader.sourceNames,
    config,
    ...(plan.files && { files: plan.files }),
  });
  const fall = plan.needsReference ? await fallOfBoth(join(directory, TRAINING_LOG_FILE)) : undefined;
  if (fall !== undefined) log(fall);
  return { ...counts, pairs: pairs.length };
}

const NUM_LAST_STEPS = 5;

/**
 * Users take it for a fault: the margin grows while both answers get less likely (eric-mitchell/direct-preference-optimization issue 8).
 * A reward below 0 says that an answer is less likely than under the reference, whatever pairs a step has.
 */
async function fallOfBoth(logPath: string): Promise<string | undefined> {
  const last = (await readJsonlLog(logPath))
    .flatMap((event) => (event.type === 'step-completed' ? [event.metrics] : []))
    .slice(-NUM_LAST_STEPS);
  const meanOf = (metric: string): number =>
    last.reduce((sum, metrics) => sum + (metrics[metric] ?? Number.NaN), 0) / last.length;
  const [chosen, rejected] = [meanOf('rewards/chosen'), meanOf('rewards/rejected')];
  if (!(chosen < 0 && rejected < chosen)) return undefined;
  return (
    `both answers are less likely than before, by rewards of ${chosen.toFixed(2)} (chosen) and ${rejected.toFixed(2)} (rejected): ` +
    'a preference loss only widens the margin between them. An `sft` term beside it, or one of more weight, holds the chosen answer up'
  );
}
