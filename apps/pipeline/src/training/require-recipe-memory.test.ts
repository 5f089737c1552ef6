import { expect, test } from 'vitest';
import { BadInputError } from '../errors.ts';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import { requireRecipeMemory } from './require-recipe-memory.ts';

const GIB = 2 ** 30;
const recipe = tinyCpu();
const withBatch = (microBatchSize: number) => ({ ...recipe, pretrain: { ...recipe.pretrain, microBatchSize } });

test('a recipe that fits is not refused', async () => {
  await requireRecipeMemory(recipe, 2 * GIB);
});

test('one that does not is bad input that says what would fit, by the names of the recipe', async () => {
  const refusal = expect(requireRecipeMemory(withBatch(1e5), 2 * GIB)).rejects;
  await refusal.toThrow(BadInputError);
  await expect(requireRecipeMemory(withBatch(1e5), 2 * GIB)).rejects.toThrow(
    /pretrain: training must fit 2\.0 GiB, got [\d.]+ GiB .*would fit: batchSize \d+ at this length.*pretrain\.microBatchSize/,
  );
});

test('where weights alone are too many, no batch is offered', async () => {
  const model = { ...recipe.model, kind: 'random' as const, numHiddenLayers: 5000 } as typeof recipe.model;
  await expect(requireRecipeMemory({ ...recipe, model }, 2 * GIB)).rejects.toThrow(
    /No sequence would fit.*smaller model/,
  );
});
