/**
 * One stage of continual pretraining: the packed mixture of its plan, at its learning rate, from the model of the stage before.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBatchLoader, decodePackedPlan, openShard, type Shard, type TokenBatch } from '@marco-ts/data';
import { bitsPerByteTask, evaluate, qwen2LanguageModel } from '@marco-ts/eval';
import { causalLanguageModelLoss } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { languageTiers } from '../config/recipe-languages.ts';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage, StageContext } from '../runner/stage.ts';
import { readDocuments } from '../stage-files/data-files.ts';
import { loadStageModel, type StageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { runTraining } from './run-training.ts';
import { planFile, SHARDS_DIRECTORY } from './shards-stage.ts';

/** @param previous name of the stage whose model is trained on */
export function pretrainStage(stageName: string, previous: string): Stage<Recipe> {
  const stageOf = ({ pretrain }: Recipe) => pretrain.stages.find(({ name }) => name === stageName)!;
  const config = (recipe: Recipe) => {
    const { stages: _, maxEpochs: __, ...settings } = recipe.pretrain;
    return { settings, stage: stageOf(recipe), seed: recipe.seed };
  };
  return {
    name: stageName,
    title: `pretraining ${stageName}`,
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumable: true,
    config,
    async run(context) {
      const { inputs, recipe } = context;
      const { learningRate } = stageOf(recipe);
      const { microBatchSize, gradAccumSteps } = recipe.pretrain;
      const packed = decodePackedPlan(await readFile(join(inputs.shards!, planFile(stageName))));
      const shards: Shard[] = [];
      try {
        for (const name of packed.shardNames) {
          shards.push(await openShard(join(inputs.shards!, SHARDS_DIRECTORY, name)));
        }
        const loader = createBatchLoader({ shards, packed, microBatchSize });
        const model = await loadStageModel(inputs[previous]!);
        return await runTraining<TokenBatch>(context, {
          settings: recipe.pretrain,
          learningRate,
          numSteps: numStepsOf(packed.numSequences, microBatchSize * gradAccumSteps),
          model,
          lossFn: causalLanguageModelLoss(model.config, { recompute: recipe.pretrain.recompute }),
          batchAt: loader.batchAt,
          groupNames: loader.sourceNames,
          config: config(recipe),
          ...(await validation(context, model)),
        });
      } finally {
        for (const shard of shards) shard.close();
      }
    },
  };
}

/** Bits per byte of some validation documents of every language while training. */
async function validation({ inputs, recipe, signal }: StageContext<Recipe>, { config }: StageModel) {
  const { evaluateEverySteps, numValidationDocuments } = recipe.pretrain;
  if (evaluateEverySteps === undefined) return {};
  const tokenizer = await loadTokenizer(inputs.tokenizer!);
  const task = bitsPerByteTask({
    documents: await readDocuments(inputs.data!, 'validation'),
    tiers: Object.fromEntries(languageTiers(recipe)),
  });
  return {
    evaluate: {
      every: evaluateEverySteps,
      run: async (params: StageModel['params']) => {
        const languageModel = qwen2LanguageModel({ params, config, tokenizer, batchTokens: recipe.eval.batchTokens });
        const { tasks } = await evaluate(languageModel, [task], { limit: numValidationDocuments, signal });
        const { groups } = tasks[task.name]!;
        return Object.fromEntries(
          Object.entries(groups.tier!).map(([tier, { metrics, macro }]) => [
            `bits_per_byte/${tier}`,
            (macro?.bits_per_byte ?? metrics.bits_per_byte!).value,
          ]),
        );
      },
    },
  };
}
