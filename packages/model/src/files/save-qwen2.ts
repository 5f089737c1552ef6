/**
 * Saves a Qwen2 model as a Hugging Face model directory that transformers and others open.
 */
import { type FloatDtype, type JsonObject, writeHuggingFaceModel } from '@marco-ts/checkpoint';
import { type ParamMap, paramsToArrays } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { listFaults, parameterShapes, shapeFaults } from '../qwen2/parameter-shapes.ts';
import { type Qwen2Config, qwen2ConfigToJson } from '../qwen2/qwen2-config.ts';

/** A model, the files that go with it, and how they are stored. */
export interface SaveQwen2Options {
  readonly config: Qwen2Config;
  /** Exactly the parameters of the config; not disposed. */
  readonly params: ParamMap;
  /** @default 'F32' */
  readonly dtype?: FloatDtype;
  /** Further files by name, such as those of the tokenizer. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** @default the begin and end tokens of the config */
  readonly generationConfig?: JsonObject;
  /** @default 5e9 */
  readonly maxShardSizeBytes?: number;
  /** Replace an existing directory that holds something else. @default false */
  readonly overwrite?: boolean;
}

const TORCH_NAMES = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

/**
 * @throws when the parameters are not those of the config, listing the faults, and as `writeHuggingFaceModel`; nothing is then written
 */
export async function saveQwen2(directory: string, options: SaveQwen2Options): Promise<void> {
  const { config, params, dtype = 'F32', files, generationConfig, maxShardSizeBytes, overwrite } = options;
  const configJson = { ...qwen2ConfigToJson(config), torch_dtype: TORCH_NAMES[dtype] };
  const faults = shapeFaults(config, new Map([...params].map(([name, { shape }]) => [name, shape])), () => 'params');
  if (faults.length > 0) {
    throw modelError(
      'saveQwen2',
      `${listFaults(faults)} for ${directory}. Save the parameters with the config they were made for.`,
    );
  }
  const wanted = new Map([...parameterShapes(config).keys()].map((name) => [name, params.get(name)!]));
  await writeHuggingFaceModel(directory, {
    config: configJson,
    generationConfig: generationConfig ?? defaultGenerationConfig(config),
    arrays: await paramsToArrays(wanted),
    dtype,
    files,
    maxShardSizeBytes,
    overwrite,
  });
}

function defaultGenerationConfig({ bosTokenId, eosTokenId }: Qwen2Config): JsonObject {
  return {
    ...(bosTokenId !== null && { bos_token_id: bosTokenId }),
    do_sample: false,
    ...(eosTokenId !== null && { eos_token_id: eosTokenId, pad_token_id: eosTokenId }),
  };
}
