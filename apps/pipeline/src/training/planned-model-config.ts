/** The shape of the model that a recipe will train, before there is one. */
import { join } from 'node:path';
import { readJsonFile } from '@marco-ts/checkpoint';
import { parseQwen2Config, type Qwen2Config } from '@marco-ts/model';
import type { Recipe } from '../config/recipe-schema.ts';

/** @returns of a random model with as many rows as its tokenizer may have. @throws Error when the model's directory cannot be read */
export async function plannedModelConfig({
  model,
  tokenizer,
}: Pick<Recipe, 'model' | 'tokenizer'>): Promise<Qwen2Config> {
  if (model.kind === 'directory') {
    return parseQwen2Config(await readJsonFile(join(model.directory, 'config.json')));
  }
  const { kind: _, ...shape } = model;
  return { ...shape, vocabSize: tokenizer.vocabSize, bosTokenId: null, eosTokenId: null };
}
