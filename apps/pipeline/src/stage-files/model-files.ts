/**
 * The model that a stage leaves: a Hugging Face directory in float32, opened by the next one.
 */
import { join } from 'node:path';
import { disposeParams, type ParamMap } from '@marco-ts/core';
import type { Qwen2Config } from '@marco-ts/model';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';

export const MODEL_DIRECTORY = 'model';

export interface StageModel {
  readonly config: Qwen2Config;
  readonly params: ParamMap;
}

/** @returns parameters owned by the caller */
export const loadStageModel = (stageDirectory: string): Promise<StageModel> =>
  loadQwen2(join(stageDirectory, MODEL_DIRECTORY));

/** @param files saved beside the weights, such as the tokenizer's */
export const saveStageModel = (
  stageDirectory: string,
  model: StageModel,
  files: Readonly<Record<string, string>> = {},
): Promise<void> => saveQwen2(join(stageDirectory, MODEL_DIRECTORY), { ...model, files, overwrite: true });

/** Loads, lends and frees, whatever `use` does. */
export async function withStageModel<Result>(
  stageDirectory: string,
  use: (model: StageModel) => Promise<Result>,
): Promise<Result> {
  const model = await loadStageModel(stageDirectory);
  try {
    return await use(model);
  } finally {
    disposeParams(model.params);
  }
}
