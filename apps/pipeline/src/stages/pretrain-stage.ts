/**
 * One stage of continual pretraining: the packed mixture of its plan, at its learning rate, from the model of the stage before.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBatchLoader, decodePackedPlan, openShard, type Shard, type TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss, estimate } from '@marco-ts/model';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { loadStageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { makeSchedule } from '../training/make-schedule.ts';
import { validateLanguages } from '../training/validate-languages.ts';
import { runTraining } from './run-training.ts';
import { planFile, SHARDS_DIRECTORY } from './shards-stage.ts';

/** @param previous name of the stage whose model is trained on */
export function pretrainStage(stageName: string, previous: string): Stage<Recipe> {
  const stageOf = ({ pretrain }: Recipe) => pretrain.stages.find(({ name }) => name === stageName)!;
  const config = (recipe: Recipe) => {
    const { stages: _, maxEpochs: __, ...settings } = recipe.pretrain;
    const { continues, nextPeak } = transitionsOf(recipe, stageName);
    const transition = { ...(continues ? { continues } : {}), ...(nextPeak === undefined ? {} : { nextPeak }) };
    return { settings, stage: stageOf(recipe), seed: recipe.seed, ...transition };
  };
  return {
    name: stageName,
    title: `pretraining ${stageName}`,
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumable: true,
    config,
    async run(context) {
      const { inputs, recipe } = context;
      const { learningRate: peak } = stageOf(recipe);
      const { microBatchSize, gradAccumSteps, sequenceLength, recompute, watch } = recipe.pretrain;
      const { continues, nextPeak } = transitionsOf(recipe, stageName);
      const packed = decodePackedPlan(await readFile(join(inputs.shards!, planFile(stageName))));
      const shards: Shard[] = [];
      try {
        for (const name of packed.shardNames) {
          shards.push(await openShard(join(inputs.shards!, SHARDS_DIRECTORY, name)));
        }
        const loader = createBatchLoader({ shards, packed, microBatchSize });
        const model = await loadStageModel(inputs[previous]!);
        const numSteps = numStepsOf(packed.numSequences, microBatchSize * gradAccumSteps);
        const size = estimate(model.config, { batchSize: microBatchSize, sequenceLength, recompute });
        return await runTraining<TokenBatch>(context, {
          settings: recipe.pretrain,
          learningRate: peak,
          schedule: makeSchedule(recipe.pretrain, {
            peak,
            numSteps,
            continues,
            ...(nextPeak === undefined ? {} : { nextPeak }),
          }),
          numSteps,
          model,
          flopsPerToken: size.trainingFlopsPerToken,
          lossFn: causalLanguageModelLoss(model.config, { recompute }),
          batchAt: loader.batchAt,
          groupNames: loader.sourceNames,
          config: config(recipe),
          evaluate: await validateLanguages(context, model.config, inputs[previous]!),
          watch,
          continueFrom: continues ? inputs[previous] : undefined,
          keepOptimizer: nextPeak !== undefined,
        });
      } finally {
        for (const shard of shards) shard.close();
      }
    },
  };
}

/** How a stage stands between its neighbours where stages go on from each other. */
function transitionsOf({ pretrain }: Recipe, stageName: string): { continues: boolean; nextPeak: number | undefined } {
  if (pretrain.stageTransition !== 'continue') return { continues: false, nextPeak: undefined };
  const index = pretrain.stages.findIndex(({ name }) => name === stageName);
  return { continues: index > 0, nextPeak: pretrain.stages[index + 1]?.learningRate };
}
