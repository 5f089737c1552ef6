/**
 * One stage of continual pretraining: the packed mixture of its plan, at its learning rate, from the model of the stage before.
 */
import { join } from 'node:path';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { loadStageModel } from '../stage-files/model-files.ts';
import { runPretraining, transitionsOf } from '../training/run-pretraining.ts';
import { CHECKPOINTS_DIRECTORY } from './run-training.ts';
import { planFile, SHARDS_DIRECTORY } from './shards-stage.ts';
import { validateStage } from './validate-stage.ts';

/** @param previous name of the stage whose model is trained on */
export function pretrainStage(stageName: string, previous: string): Stage<Recipe> {
  const config = (recipe: Recipe) => {
    const { stages, maxEpochs: _, ...settings } = recipe.pretrain;
    const stage = stages.find(({ name }) => name === stageName)!;
    const { continues, nextPeak } = transitionsOf(recipe.pretrain, stageName);
    const transition = { ...(continues ? { continues } : {}), ...(nextPeak === undefined ? {} : { nextPeak }) };
    return { settings, stage, seed: recipe.seed, ...transition };
  };
  return {
    name: stageName,
    title: `pretraining ${stageName}`,
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumesFrom: CHECKPOINTS_DIRECTORY,
    config,
    run(context) {
      const { inputs, recipe } = context;
      const previousDirectory = inputs[previous]!;
      return runPretraining(context, {
        pretrain: recipe.pretrain,
        stageName,
        planPath: join(inputs.shards!, planFile(stageName)),
        shardsDirectory: join(inputs.shards!, SHARDS_DIRECTORY),
        tokenizerDirectory: inputs.tokenizer!,
        loadModel: () => loadStageModel(previousDirectory),
        previousDirectory,
        config: config(recipe),
        evaluate: (model) => validateStage(context, recipe.pretrain, model, previous),
      });
    },
  };
}
