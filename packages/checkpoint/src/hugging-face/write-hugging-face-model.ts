/**
 * Writes a Hugging Face model directory, whole or not at all: config, generation config, weights in one file or in shards, other files.
 *
 * Source: the layout of `save_pretrained` in transformers; a shard is closed when the next tensor would take it over the limit, as in
 * `split_torch_state_dict_into_shards` of huggingface_hub.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDirectoryAtomic } from '../files/write-directory-atomic.ts';
import type { JsonObject } from '../json-value.ts';
import type { ArrayMap, NamedArray } from '../named-array.ts';
import { type FloatDtype, storedBytes, writeSafetensors } from '../safetensors/write-safetensors.ts';
import { fileNameFault } from './plain-file-name.ts';

/** What the directory is to hold, and how weights are stored. */
export interface WriteHuggingFaceModelOptions {
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject | undefined;
  readonly arrays: ArrayMap;
  /** @default 'F32' */
  readonly dtype?: FloatDtype | undefined;
  /** Further files by name: tokenizer.json, tokenizer_config.json, README.md and so on. */
  readonly files?: Readonly<Record<string, string | Uint8Array>> | undefined;
  /** Limit of tensor bytes per file; one larger tensor gets a shard of its own. @default 5e9 */
  readonly maxShardSizeBytes?: number | undefined;
  /** Replace an existing directory that holds something else. @default false */
  readonly overwrite?: boolean | undefined;
}

const OWN_NAMES = ['config.json', 'generation_config.json', 'model.safetensors', 'model.safetensors.index.json'];

/**
 * @throws before anything is written when an option is wrong; as `writeDirectoryAtomic` and `writeSafetensors`
 */
export async function writeHuggingFaceModel(directory: string, options: WriteHuggingFaceModelOptions): Promise<void> {
  const {
    config,
    generationConfig,
    arrays,
    dtype = 'F32',
    files = {},
    maxShardSizeBytes = 5e9,
    overwrite = false,
  } = options;
  checkFileNames(Object.keys(files), directory);
  if (!(maxShardSizeBytes > 0)) throw fault('maxShardSizeBytes must be above 0', String(maxShardSizeBytes), directory);
  if (arrays.size === 0) throw fault('a model must have tensors', 'none', directory);
  const shards = planShards(arrays, dtype, maxShardSizeBytes);

  await writeDirectoryAtomic(
    directory,
    async (temporary) => {
      await writeFile(join(temporary, 'config.json'), renderJson(config));
      if (generationConfig) await writeFile(join(temporary, 'generation_config.json'), renderJson(generationConfig));
      for (const [name, contents] of Object.entries(files)) await writeFile(join(temporary, name), contents);
      await writeShards(temporary, shards, arrays, dtype);
    },
    { overwrite },
  );
}

async function writeShards(
  directory: string,
  shards: readonly ArrayMap[],
  arrays: ArrayMap,
  dtype: FloatDtype,
): Promise<void> {
  if (shards.length === 1) {
    await writeSafetensors(join(directory, 'model.safetensors'), arrays, { dtype });
    return;
  }
  const weightMap: Record<string, string> = {};
  const digits = (n: number) => String(n).padStart(5, '0');
  for (const [i, shard] of shards.entries()) {
    const name = `model-${digits(i + 1)}-of-${digits(shards.length)}.safetensors`;
    for (const key of shard.keys()) weightMap[key] = name;
    await writeSafetensors(join(directory, name), shard, { dtype });
  }
  let totalSize = 0;
  for (const array of arrays.values()) totalSize += storedBytes(array, dtype);
  const sorted = Object.fromEntries(Object.entries(weightMap).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(
    join(directory, 'model.safetensors.index.json'),
    renderJson({ metadata: { total_size: totalSize }, weight_map: sorted }),
  );
}

function planShards(arrays: ArrayMap, dtype: FloatDtype, maxShardSizeBytes: number): ArrayMap[] {
  const shards: Map<string, NamedArray>[] = [];
  let room = -1;
  for (const [name, array] of arrays) {
    const sizeBytes = storedBytes(array, dtype);
    if (shards.length === 0 || sizeBytes > room) {
      shards.push(new Map());
      room = maxShardSizeBytes;
    }
    shards.at(-1)!.set(name, array);
    room -= sizeBytes;
  }
  return shards;
}

function checkFileNames(names: readonly string[], directory: string): void {
  for (const name of names) {
    const trouble = fileNameFault(name) ?? (OWN_NAMES.includes(name) ? 'a name that the model itself writes' : null);
    if (trouble)
      throw fault(
        'files must be further files of the model directory',
        `${JSON.stringify(name)} (${trouble})`,
        directory,
      );
  }
}

function renderJson(value: JsonObject): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function fault(rule: string, got: string, at: string): Error {
  return new Error(
    `[@marco-ts/checkpoint] writeHuggingFaceModel: ${rule}, got ${got} at ${at}. Correct the options; nothing was written.`,
  );
}
