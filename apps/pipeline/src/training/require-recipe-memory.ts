/**
 * Refuses a recipe whose model cannot be trained in this machine's memory, before the first stage runs.
 *
 * The 4 GiB of a WebAssembly memory are no limit of a run: what an operation does not use moves out of it.
 */
import { requireMemory } from '@marco-ts/model';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import { plannedModelConfig } from './planned-model-config.ts';

/**
 * @param budgetBytes default: the memory that this process may use
 * @throws BadInputError naming the section of the recipe, what it needs and what would fit
 */
export async function requireRecipeMemory(
  recipe: Pick<Recipe, 'model' | 'tokenizer' | 'backend' | 'pretrain' | 'sft' | 'preference'>,
  budgetBytes = describeMachine().memoryBytes,
): Promise<void> {
  const config = await plannedModelConfig(recipe).catch((error: Error) => {
    throw new BadInputError(error.message, { cause: error });
  });
  for (const section of ['pretrain', 'sft', 'preference'] as const) {
    const settings = recipe[section];
    if (settings === undefined) continue;
    const { microBatchSize, sequenceLength, recompute, freeze, lora } = settings;
    try {
      requireMemory(section, config, {
        // Frozen parameters have no gradients and moments; how many are left is known later.
        purpose: freeze === undefined && lora === undefined ? 'training' : 'inference',
        budgetBytes,
        batchSize: microBatchSize,
        sequenceLength,
        recompute,
        fusedKernels: recipe.backend.prefer.includes('wasm'),
      });
    } catch (error) {
      throw new BadInputError(
        `${(error as Error).message} In the recipe these are ${section}.microBatchSize, ${section}.sequenceLength and ${section}.recompute.`,
        { cause: error },
      );
    }
  }
}
