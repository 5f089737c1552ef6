/**
 * Continual pretraining on a packed mixture of shards: what the pretraining stages of a recipe and `marco train` share.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '@marco-ts/checkpoint';
import { createBatchLoader, decodePackedPlan, openShard, type Shard, type TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss, estimate, type Qwen2Config } from '@marco-ts/model';
import type { EvaluateOptions } from '@marco-ts/trainer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { StageCounts } from '../runner/stage.ts';
import type { StageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { runTraining, type TrainingContext, type TrainingPlan } from '../stages/run-training.ts';
import { makeSchedule } from './make-schedule.ts';
import { requireModelTokenizer } from './require-model-tokenizer.ts';

export interface PretrainingWorker {
  /** in [0, numWorkers): micro-batches are dealt out in turn */
  readonly slot: number;
  readonly numWorkers: number;
  readonly synchronize: NonNullable<TrainingPlan<TokenBatch>['synchronize']>;
}

export interface PretrainingPlan {
  readonly pretrain: Recipe['pretrain'];
  readonly stageName: string;
  /** of `encodePackedPlan` */
  readonly planPath: string;
  /** holds a directory per shard of the plan */
  readonly shardsDirectory: string;
  /** of the model, where it has one: the shards must be of it */
  readonly tokenizerDirectory: string | undefined;
  readonly loadModel: () => Promise<StageModel>;
  /** of the stage before, for moments to carry on */
  readonly previousDirectory: string;
  /** what a checkpoint must agree with */
  readonly config: JsonObject;
  readonly evaluate?: (config: Qwen2Config) => Promise<EvaluateOptions | undefined>;
  readonly files?: Readonly<Record<string, string>>;
  readonly worker?: PretrainingWorker;
}

export async function runPretraining(context: TrainingContext, plan: PretrainingPlan): Promise<StageCounts> {
  const { pretrain, stageName, worker, files } = plan;
  const { microBatchSize, gradAccumSteps, sequenceLength, recompute, lora } = pretrain;
  const { slot, numWorkers } = worker ?? { slot: 0, numWorkers: 1 };
  const { continues, nextPeak } = transitionsOf(pretrain, stageName);
  const peak = pretrain.stages.find(({ name }) => name === stageName)!.learningRate;
  const packed = decodePackedPlan(await readFile(plan.planPath));
  const shards: Shard[] = [];
  try {
    for (const name of packed.shardNames) shards.push(await openShard(join(plan.shardsDirectory, name)));
    if (plan.tokenizerDirectory !== undefined) {
      await requireModelTokenizer(shards, plan.tokenizerDirectory, context.log);
    }
    const loader = createBatchLoader({ shards, packed, microBatchSize });
    const model = await plan.loadModel();
    const numSteps = numStepsOf(packed.numSequences, microBatchSize * gradAccumSteps * numWorkers);
    const size = estimate(model.config, { batchSize: microBatchSize, sequenceLength, recompute });
    return await runTraining<TokenBatch>(context, {
      settings: pretrain,
      learningRate: peak,
      schedule: makeSchedule(pretrain, { peak, numSteps, continues, ...(nextPeak === undefined ? {} : { nextPeak }) }),
      numSteps,
      model,
      // Under an adapter the weights have no gradients of their own, which would cost as much as a forward pass.
      flopsPerToken: size.trainingFlopsPerToken - (lora === undefined ? 0 : size.forwardFlopsPerToken),
      lossFn: causalLanguageModelLoss(model.config, { recompute }),
      batchAt: (index) => loader.batchAt(index * numWorkers + slot),
      groupNames: loader.sourceNames,
      config: plan.config,
      evaluate: await plan.evaluate?.(model.config),
      continueFrom: continues ? plan.previousDirectory : undefined,
      keepOptimizer: nextPeak !== undefined,
      ...(files === undefined ? {} : { files }),
      ...(worker === undefined ? {} : { synchronize: worker.synchronize }),
    });
  } finally {
    for (const shard of shards) shard.close();
  }
}

/** How a stage stands between its neighbours where stages go on from each other. */
export function transitionsOf(
  pretrain: Recipe['pretrain'],
  stageName: string,
): { readonly continues: boolean; readonly nextPeak: number | undefined } {
  if (pretrain.stageTransition !== 'continue') return { continues: false, nextPeak: undefined };
  const index = pretrain.stages.findIndex(({ name }) => name === stageName);
  return { continues: index > 0, nextPeak: pretrain.stages[index + 1]?.learningRate };
}
