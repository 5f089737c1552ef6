/**
 * The model that training starts from: Qwen2's architecture with random weights, or a Qwen2 directory of yours.
 */
import { countParams, disposeParams } from '@marco-ts/core';
import { initQwen2Params, type Qwen2Config } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { directoryFingerprint } from '../stage-files/directory-fingerprint.ts';
import { type StageModel, saveStageModel } from '../stage-files/model-files.ts';
import { startBackend } from './start-backend.ts';

export const modelStage: Stage<Recipe> = {
  name: 'model',
  title: 'model: initial weights',
  dependsOn: ['tokenizer'],
  config: ({ model, seed }) => ({
    model,
    seed,
    ...(model.kind === 'directory' && { files: directoryFingerprint(model.directory) }),
  }),
  async run({ directory, inputs, recipe, progress, seed }) {
    progress.start({ total: 1, unit: 'models' });
    await startBackend(recipe);
    const tokenizer = await loadTokenizer(inputs.tokenizer!);
    const model = await initialModel(recipe, tokenizer, seed);
    try {
      if (model.config.vocabSize < tokenizer.vocabSize) {
        throw new Error(
          `[@marco-ts/pipeline] model: the model must have a row for each of the tokenizer's ${tokenizer.vocabSize} tokens, got vocabSize ${model.config.vocabSize}. Take the tokenizer of the same directory.`,
        );
      }
      await saveStageModel(directory, model);
      progress.advance();
      return { parameters: countParams(model.params), layers: model.config.numHiddenLayers };
    } finally {
      disposeParams(model.params);
    }
  },
};

async function initialModel(
  { model }: Recipe,
  tokenizer: { readonly vocabSize: number; readonly eosTokenId: number },
  seed: number,
): Promise<StageModel> {
  if (model.kind === 'directory') return loadQwen2(model.directory);
  const { kind: _, ...shape } = model;
  const config: Qwen2Config = {
    ...shape,
    vocabSize: tokenizer.vocabSize,
    bosTokenId: tokenizer.eosTokenId,
    eosTokenId: tokenizer.eosTokenId,
  };
  return { config, params: initQwen2Params(config, seed) };
}
