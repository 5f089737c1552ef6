/**
 * Loads a Qwen2 model from a Hugging Face model directory, one tensor at a time.
 */
import { type JsonObject, openHuggingFaceModel } from '@marco-ts/checkpoint';
import { disposeParams, type ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { estimate } from '../qwen2/estimate.ts';
import { listFaults, parameterShapes, shapeFaults } from '../qwen2/parameter-shapes.ts';
import { parseQwen2Config, type Qwen2Config } from '../qwen2/qwen2-config.ts';

export interface LoadedQwen2 {
  readonly config: Qwen2Config;
  readonly generationConfig?: JsonObject;
  /** Owned by the caller. */
  readonly params: ParamMap;
}

export interface LoadQwen2Options {
  /** Bytes that the weights may take in memory; when they would take more, nothing is read. */
  readonly memoryBudgetBytes?: number;
}

const FLOATS = new Set(['F32', 'F16', 'BF16', 'F64']);

/**
 * The headers of all files are held against the config before any tensor is read. In a tied model a stored `lm_head.weight` is passed over,
 * as transformers does.
 *
 * @throws naming the file and tensor: another architecture, a missing or unexpected tensor, a shape that disagrees with the config, integers
 * where floats belong, damaged files, weights past the budget
 */
export async function loadQwen2(directory: string, options: LoadQwen2Options = {}): Promise<LoadedQwen2> {
  const model = await openHuggingFaceModel(directory);
  const params = new Map<string, tf.Tensor>();
  try {
    const config = parseQwen2Config(model.config, `${directory}/config.json`);
    const shapes = new Map([...model.tensors].map(([name, { shape }]) => [name, shape]));
    const faults = shapeFaults(config, shapes, (name) => model.tensors.get(name)!.path);
    const names = [...parameterShapes(config).keys()];
    for (const name of names) {
      const tensor = model.tensors.get(name);
      if (tensor && !FLOATS.has(tensor.dtype))
        faults.push(`tensor ${name} must be F32, F16 or BF16, got ${tensor.dtype} at ${tensor.path}`);
    }
    if (faults.length > 0) {
      throw modelError(
        'loadQwen2',
        `${listFaults(faults)} at ${directory}. Check that config.json and the weights belong together.`,
      );
    }
    const { weightBytes } = estimate(config);
    if (weightBytes > (options.memoryBudgetBytes ?? Number.POSITIVE_INFINITY)) {
      throw modelError(
        'loadQwen2',
        `weights must fit memoryBudgetBytes ${options.memoryBudgetBytes}, got ${weightBytes} in float32 at ${directory}. Take a smaller model or a larger machine.`,
      );
    }
    for (const name of names) {
      const { shape, data } = await model.readArray(name);
      params.set(name, tf.tensor(data, [...shape], 'float32'));
    }
    return { config, ...(model.generationConfig && { generationConfig: model.generationConfig }), params };
  } catch (error) {
    disposeParams(params);
    throw error;
  } finally {
    await model.close();
  }
}
