/** The shape of the model that a recipe will train, before there is one. */
import { join } from 'node:path';
import { readJsonFile } from '@marco-ts/checkpoint';
import { parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import type { Recipe } from '../config/recipe-schema.ts';
import { BadInputError } from '../errors.ts';

/** @returns of a random model with as many rows as its tokenizer may have. @throws as `readModelConfig` */
export async function plannedModelConfig({
  model,
  tokenizer,
}: Pick<Recipe, 'model' | 'tokenizer'>): Promise<Qwen2Config> {
  if (model.kind === 'directory') {
    return readModelConfig(model.directory);
  }
  const { kind: _, ...shape } = model;
  return { ...shape, vocabSize: tokenizer.vocabSize, bosTokenId: null, eosTokenId: null };
}

/** @throws BadInputError when the directory has no config of a Qwen2 model */
export async function readModelConfig(directory: string): Promise<Qwen2Config> {
  const path = join(directory, 'config.json');
  try {
    return parseQwen2Config(await readJsonFile(path), path);
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}
