/**
 * The stages of a recipe in order, each with what it reads: the one place where the pipeline is put together.
 */
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { dataStage } from './data-stage.ts';
import { type EvaluationStageOptions, evaluationStage } from './evaluation-stage.ts';
import { exportStage } from './export-stage.ts';
import { modelStage } from './model-stage.ts';
import { PREFERENCE_STAGE, preferenceStage } from './preference-stage.ts';
import { pretrainStage } from './pretrain-stage.ts';
import { SFT_STAGE, sftStage } from './sft-stage.ts';
import { shardsStage } from './shards-stage.ts';
import { tokenizerStage } from './tokenizer-stage.ts';

/** @returns names of the stages that leave a model, in order; the first is the one before any training */
export function modelStages({ pretrain, sft, preference }: Recipe): string[] {
  return [
    modelStage.name,
    ...pretrain.stages.map(({ name }) => name),
    ...(sft === undefined ? [] : [SFT_STAGE]),
    ...(preference === undefined ? [] : [PREFERENCE_STAGE]),
  ];
}

/** The stages that a recipe asks for, in the order in which they run. */
export function recipeStages(recipe: Recipe): readonly Stage<Recipe>[] {
  const names = modelStages(recipe);
  const evaluated = (after: string, options: Omit<EvaluationStageOptions, 'asksBenchmarks'>): Stage<Recipe> =>
    evaluationStage(after, { ...options, asksBenchmarks: after === names[0] || after === names.at(-1) });
  const stages: Stage<Recipe>[] = [
    dataStage,
    tokenizerStage,
    shardsStage,
    modelStage,
    evaluated(modelStage.name, { isChat: false }),
  ];
  let last = modelStage.name;
  for (const { name } of recipe.pretrain.stages) {
    stages.push(pretrainStage(name, last), evaluated(name, { isChat: false }));
    last = name;
  }
  if (recipe.sft !== undefined) {
    stages.push(sftStage(recipe.sft, last), evaluated(SFT_STAGE, { isChat: true }));
    last = SFT_STAGE;
  }
  if (recipe.preference !== undefined) {
    stages.push(
      preferenceStage(recipe.preference, last),
      evaluated(PREFERENCE_STAGE, { isChat: recipe.sft !== undefined, reference: last }),
    );
    last = PREFERENCE_STAGE;
  }
  stages.push(exportStage(last));
  return stages;
}
