import { QWEN2_SIZES } from '@marco-ts/model';
import { expect, test } from 'vitest';
import { BadInputError } from '../errors.ts';
import { tinyCpu } from '../recipes/tiny-cpu.ts';
import { requireEvaluationMemory, requireRecipeMemory, requireTrainingMemory } from './require-recipe-memory.ts';

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

test('evaluation is refused by the tokens that it reads at once', async () => {
  const greedy = { ...recipe, eval: { ...recipe.eval, batchTokens: 1e8 } };
  await expect(requireRecipeMemory(greedy, 2 * GIB)).rejects.toThrow(/eval: inference must fit.*eval\.batchTokens/);
  expect(() =>
    requireEvaluationMemory('eval run', QWEN2_SIZES['0.5B'], 4096, 'By --batch-tokens.', 4 * GIB),
  ).not.toThrow();
  expect(() => requireEvaluationMemory('eval run', QWEN2_SIZES['0.5B'], 4096, 'By --batch-tokens.', GIB)).toThrow(
    /eval run: inference must fit 1\.0 GiB.*By --batch-tokens\./,
  );
});

test('an adapter of a model that could not be trained whole may fit', () => {
  const shape = { microBatchSize: 1, sequenceLength: 256, recompute: false };
  const require = (lora?: { rank: number }) => () =>
    requireTrainingMemory('train', QWEN2_SIZES['1.5B'], { ...shape, lora }, { prefer: ['wasm'] }, '', 16 * GIB);
  expect(require()).toThrow(/train: training must fit 16\.0 GiB, got 2\d\.\d GiB/);
  expect(require({ rank: 8 })).not.toThrow();
});
