/**
 * Adapters as PEFT's directories: `adapter_config.json` and `adapter_model.safetensors`.
 *
 * Source: https://github.com/huggingface/peft, `PeftModel.save_pretrained` and `LoraConfig`.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FloatDtype,
  type JsonObject,
  openSafetensors,
  readJsonFile,
  writeDirectoryAtomic,
  writeSafetensors,
} from '@marco-ts/checkpoint';
import { disposeParams, type ParamMap, paramsToArrays, tf } from '@marco-ts/core';
import { checkAdapter, type LoraConfig } from '../lora/lora-config.ts';
import { modelError } from '../model-error.ts';
import { ADAPTER_PREFIX } from '../qwen2/parameter-shapes.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';

/** An adapter, what it adapts, and how it is stored. */
export interface SaveLoraOptions {
  readonly config: Qwen2Config;
  readonly lora: LoraConfig;
  /** Not disposed. */
  readonly adapter: ParamMap;
  /** Name or path of the model that the adapter belongs to, for tools that load it by themselves. */
  readonly baseModel?: string;
  /** @default 'F32' */
  readonly dtype?: FloatDtype;
  /** Replace an existing directory that holds something else. @default false */
  readonly overwrite?: boolean;
}

/** Settings that change what the matrices mean; only their neutral values are supported. These are written, too: every PEFT knows them. */
const WRITTEN: JsonObject = {
  bias: 'none',
  fan_in_fan_out: false,
  use_dora: false,
  modules_to_save: null,
  layers_to_transform: null,
  rank_pattern: {},
  alpha_pattern: {},
};

const NEUTRAL: JsonObject = {
  ...WRITTEN,
  alora_invocation_tokens: null,
  ensure_weight_tying: false,
  exclude_modules: null,
  layer_replication: null,
  lora_bias: false,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

/** @throws when the adapter does not fit the config, or a different one is there already; nothing is then written */
export async function saveLora(directory: string, options: SaveLoraOptions): Promise<void> {
  const { config, lora, adapter, baseModel, dtype = 'F32', overwrite = false } = options;
  checkAdapter('saveLora', adapter, config, lora);
  const json: JsonObject = {
    ...WRITTEN,
    base_model_name_or_path: baseModel ?? null,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    peft_type: 'LORA',
    r: lora.rank,
    target_modules: typeof lora.targetModules === 'string' ? lora.targetModules : [...lora.targetModules],
    task_type: 'CAUSAL_LM',
    use_rslora: lora.useRslora ?? false,
  };
  const arrays = await paramsToArrays(adapter);
  await writeDirectoryAtomic(
    directory,
    async (temporary) => {
      await writeFile(join(temporary, 'adapter_config.json'), `${JSON.stringify(json, null, 2)}\n`);
      await writeSafetensors(join(temporary, 'adapter_model.safetensors'), arrays, { dtype });
    },
    { overwrite },
  );
}

/**
 * @returns the adapter's tensors, owned by the caller, and its config
 * @throws naming the file: another kind of adapter, a setting that is not supported, parts that do not fit the model
 */
export async function loadLora(
  directory: string,
  config: Qwen2Config,
): Promise<{ lora: LoraConfig; adapter: ParamMap }> {
  const path = join(directory, 'adapter_config.json');
  const json = await readJsonFile(path);
  const lora = parseLoraConfig(json, path);
  const adapter = new Map<string, tf.Tensor>();
  const file = await openSafetensors(join(directory, 'adapter_model.safetensors'));
  try {
    const stored = new Map([...file.tensors].filter(([name, { shape }]) => !isBaseWeight(name, shape, config)).sort());
    checkAdapter('loadLora', stored, config, lora);
    for (const name of stored.keys()) {
      const { shape, data } = await file.readArray(name);
      adapter.set(name, tf.tensor(data, [...shape]));
    }
    return { lora, adapter };
  } catch (error) {
    disposeParams(adapter);
    throw error;
  } finally {
    await file.close();
  }
}

/** PEFT stores the weight of an adapted output layer beside the adapter, in case it was resized; one of the model's own size is passed over. */
function isBaseWeight(name: string, shape: readonly number[], { vocabSize, hiddenSize }: Qwen2Config): boolean {
  return name === `${ADAPTER_PREFIX}lm_head.base_layer.weight` && String(shape) === `${vocabSize},${hiddenSize}`;
}

function parseLoraConfig(json: JsonObject, path: string): LoraConfig {
  const fault = (rule: string, got: unknown) =>
    modelError('loadLora', `${rule}, got ${JSON.stringify(got)} at ${path}. Convert the adapter with PEFT first.`);
  if (json.peft_type !== 'LORA') throw fault('peft_type must be "LORA"', json.peft_type);
  for (const [key, neutral] of Object.entries(NEUTRAL)) {
    const value = json[key] ?? neutral;
    if (JSON.stringify(value) !== JSON.stringify(neutral))
      throw fault(`${key} must be ${JSON.stringify(neutral)}`, value);
  }
  const { r, lora_alpha: alpha, target_modules: targets, use_rslora: useRslora = false } = json;
  if (typeof r !== 'number' || typeof alpha !== 'number') throw fault('r and lora_alpha must be numbers', [r, alpha]);
  if (typeof useRslora !== 'boolean') throw fault('use_rslora must be true or false', useRslora);
  const isList = Array.isArray(targets) && targets.every((target) => typeof target === 'string');
  if (!isList && typeof targets !== 'string')
    throw fault('target_modules must be a string or a list of module names', targets);
  return { rank: r, alpha, targetModules: targets as string[] | string, ...(useRslora === true && { useRslora }) };
}
