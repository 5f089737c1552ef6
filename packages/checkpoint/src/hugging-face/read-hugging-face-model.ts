/**
 * Reads a whole Hugging Face model directory into memory.
 */
import type { JsonObject } from '../json-value.ts';
import type { ArrayMap, NamedArray } from '../named-array.ts';
import { openHuggingFaceModel } from './open-hugging-face-model.ts';

/** A whole model directory in memory. */
export interface HuggingFaceModel {
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject;
  readonly arrays: ArrayMap;
}

/**
 * Half-precision weights become float32. To hold one tensor at a time use `openHuggingFaceModel`.
 *
 * @throws as `openHuggingFaceModel` and `SafetensorsFile.readArray`
 */
export async function readHuggingFaceModel(directory: string): Promise<HuggingFaceModel> {
  const model = await openHuggingFaceModel(directory);
  try {
    const arrays = new Map<string, NamedArray>();
    for (const name of model.tensors.keys()) arrays.set(name, await model.readArray(name));
    const { config, generationConfig } = model;
    return { config, ...(generationConfig && { generationConfig }), arrays };
  } finally {
    await model.close();
  }
}
