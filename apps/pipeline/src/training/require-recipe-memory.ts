/**
 * Refuses training and evaluation that cannot fit this machine's memory, before the first stage runs, and says what would.
 *
 * A pass of the reference model over preference pairs has the batches of the training that follows it, and needs less.
 * The 4 GiB of a WebAssembly memory are no limit of a run: what an operation does not use moves out of it.
 */
import { countLoraParams, type MemoryFitOptions, type Qwen2Config, requireMemory } from '@marco-ts/model';
import type { Recipe } from '../config/recipe-schema.ts';
import type { TrainingOptions } from '../config/schema/training-options.ts';
import { BadInputError } from '../errors.ts';
import { describeMachine } from '../machine/describe-machine.ts';
import { loraConfigOf } from './make-adapter.ts';
import { plannedModelConfig } from './planned-model-config.ts';

/** The memory that this process may use. */
const ownBudget = (): number => describeMachine().memoryBytes;

export interface TrainingShape extends Pick<TrainingOptions, 'freeze' | 'lora'> {
  readonly microBatchSize: number;
  readonly sequenceLength: number;
  readonly recompute: boolean;
}

/**
 * @param recipe its sections that train, and what it evaluates
 * @throws BadInputError naming the section of the recipe, what it needs and what would fit
 */
export async function requireRecipeMemory(
  recipe: Pick<Recipe, 'model' | 'tokenizer' | 'backend' | 'pretrain' | 'sft' | 'preference' | 'eval'>,
  budgetBytes = ownBudget(),
): Promise<void> {
  const config = await plannedModelConfig(recipe);
  for (const section of ['pretrain', 'sft', 'preference'] as const) {
    const settings = recipe[section];
    const names = `In the recipe these are ${section}.microBatchSize, ${section}.sequenceLength and ${section}.recompute.`;
    if (settings) requireTrainingMemory(section, config, settings, recipe.backend, names, budgetBytes);
  }
  requireEvaluationMemory(
    'eval',
    config,
    recipe.eval.batchTokens,
    'In the recipe this is eval.batchTokens.',
    budgetBytes,
  );
}

/** @param names what the sizes of the message are called where they are set */
export function requireTrainingMemory(
  task: string,
  config: Qwen2Config,
  { microBatchSize, sequenceLength, recompute, freeze, lora }: TrainingShape,
  { prefer }: Pick<Recipe['backend'], 'prefer'>,
  names: string,
  budgetBytes = ownBudget(),
): void {
  const numTrainableParams = freeze ? 0 : lora && countLoraParams(config, loraConfigOf(lora));
  require(task, config, names, {
    purpose: 'training',
    budgetBytes,
    batchSize: microBatchSize,
    sequenceLength,
    recompute,
    fusedKernels: prefer.includes('wasm'),
    // How many parameters are left to train when some are frozen is known later.
    ...(numTrainableParams !== undefined && { numTrainableParams }),
  });
}

/** @param batchTokens tokens that are read at once */
export function requireEvaluationMemory(
  task: string,
  config: Qwen2Config,
  batchTokens: number,
  names: string,
  budgetBytes = ownBudget(),
): void {
  const sequenceLength = Math.min(batchTokens, config.maxPositionEmbeddings);
  const batchSize = Math.floor(batchTokens / sequenceLength);
  require(task, config, names, { purpose: 'inference', budgetBytes, batchSize, sequenceLength, fusedKernels: true });
}

function require(task: string, config: Qwen2Config, names: string, options: MemoryFitOptions): void {
  try {
    requireMemory(task, config, options);
  } catch (error) {
    throw new BadInputError(`${(error as Error).message} ${names}`, { cause: error });
  }
}
