/**
 * Loads a Qwen2 model from a Hugging Face model directory, one tensor at a time.
 */
import { type JsonObject, openHuggingFaceModel } from '@marco-ts/checkpoint';
import type { ParamMap } from '@marco-ts/core';
import { parseQwen2Config, type Qwen2Config } from '../qwen2/qwen2-config.ts';
import { type ReadQwen2ParamsOptions, readParams } from '../qwen2/read-qwen2-params.ts';

/** A model in memory, with the configs of its directory. */
export interface LoadedQwen2 {
  readonly config: Qwen2Config;
  readonly generationConfig?: JsonObject;
  /** Owned by the caller. */
  readonly params: ParamMap;
}

/** Limits of loading. */
export type LoadQwen2Options = Pick<ReadQwen2ParamsOptions, 'memoryBudgetBytes'>;

/** @throws naming the file and tensor: another architecture, and as `readQwen2Params` and `openHuggingFaceModel` */
export async function loadQwen2(directory: string, options: LoadQwen2Options = {}): Promise<LoadedQwen2> {
  const model = await openHuggingFaceModel(directory);
  try {
    const config = parseQwen2Config(model.config, `${directory}/config.json`);
    const params = await readParams('loadQwen2', config, model, { ...options, place: directory });
    return { config, ...(model.generationConfig && { generationConfig: model.generationConfig }), params };
  } finally {
    await model.close();
  }
}
