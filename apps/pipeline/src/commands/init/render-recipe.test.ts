import { expect, test } from 'vitest';
import { checkRecipe } from '../../config/check-recipe.ts';
import { mergeRecipe } from '../../config/merge-recipe.ts';
import { readYamlRecipe } from '../../config/read-yaml-recipe.ts';
import type { Recipe } from '../../config/recipe-schema.ts';
import { tinyCpu } from '../../recipes/tiny-cpu.ts';
import { HARDWARE, type RecipeAnswers } from './recipe-answers.ts';
import { renderRecipe } from './render-recipe.ts';

function recipeOf(answers: RecipeAnswers): Recipe {
  const { values, extends: base } = readYamlRecipe(renderRecipe(answers), 'x.yaml');
  expect(base).toBe('tiny-cpu');
  const checked = checkRecipe(mergeRecipe(tinyCpu(), values));
  if ('problems' in checked) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  return checked.recipe;
}

const base: RecipeAnswers = { name: 'mine', languages: ['eng_Latn', 'swh_Latn', 'deu_Latn'], hardware: 'cpu' };

test('languages stand in the tiers of the paper, those it does not name in the low one', () => {
  const { data, eval: evaluation } = recipeOf(base);
  expect(data.tiers).toEqual({ english: ['eng_Latn'], chinese: [], high: ['deu_Latn'], low: ['swh_Latn'] });
  expect(evaluation.translationLanguages).toEqual(['swh_Latn', 'deu_Latn']);
});

test.each(HARDWARE)('every combination of answers is a valid recipe (%s)', (hardware) => {
  for (const modelDirectory of [undefined, './a model: with #signs']) {
    for (const textDirectory of [undefined, './texts']) {
      for (const groupField of [undefined, 'translation_of']) {
        for (const languages of [['eng_Latn', 'swh_Latn'], ['cmn_Hans'], ['yor_Latn', 'hau_Latn']]) {
          const recipe = recipeOf({ ...base, languages, modelDirectory, textDirectory, groupField, hardware });
          expect(recipe.model).toEqual(
            modelDirectory === undefined ? tinyCpu().model : { kind: 'directory', directory: modelDirectory },
          );
          expect(recipe.sft === undefined).toBe(textDirectory !== undefined && groupField === undefined);
          expect(recipe.data.parallel.pivotLanguage).toBe(languages[0]);
        }
      }
    }
  }
});

test('a trained model gets the rates, the token ratio and the single epoch of the paper', () => {
  const { pretrain } = recipeOf({ ...base, modelDirectory: './Qwen2-0.5B', textDirectory: './texts' });
  expect(pretrain.stages.map(({ learningRate }) => learningRate)).toEqual([1e-5, 6e-6]);
  expect(pretrain.stages[1]!.numTokens / pretrain.stages[0]!.numTokens).toBeCloseTo(140 / 160);
  expect(pretrain.maxEpochs).toBe(1);
});

test('a code that is no language and a name that is no file name are told', () => {
  expect(() => recipeOf({ ...base, languages: ['eng_Latn', 'swahili'] })).toThrow(/data\.tiers\.low\[0\].*swahili/);
  expect(() => recipeOf({ ...base, name: 'a/b' })).toThrow(/^name: /m);
});
