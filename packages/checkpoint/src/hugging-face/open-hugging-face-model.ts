/**
 * Opens a Hugging Face model directory: its configs at once, its tensors one by one from a single file or from shards.
 *
 * Source: the layout that `save_pretrained` of transformers writes: config.json, generation_config.json, and model.safetensors or
 * model.safetensors.index.json with `weight_map` (tensor name to shard).
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { readJsonFile } from '../files/read-json-file.ts';
import type { JsonObject } from '../json-value.ts';
import type { NamedArray } from '../named-array.ts';
import { openSafetensors } from '../safetensors/open-safetensors.ts';
import type { SafetensorsFile } from '../safetensors/open-safetensors-from.ts';
import type { SafetensorsTensor } from '../safetensors/safetensors-header.ts';
import { fileNameFault } from './plain-file-name.ts';

/** An open model directory: configs at once, tensors one by one from whichever file holds them, until `close`. */
export interface HuggingFaceModelFile {
  readonly directory: string;
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject;
  /** Every tensor, with the path of the file that holds it. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor & { readonly path: string }>;
  /** The values of one tensor, halves widened to float32; `into` as for `SafetensorsFile`. Throws when there is no tensor of that name. */
  readArray(name: string, into?: Float32Array | Int32Array): Promise<NamedArray>;
  /** As `SafetensorsFile.readPieces`. */
  readPieces(name: string): AsyncIterable<Uint8Array>;
  /** Closes the files that were opened. */
  close(): Promise<void>;
}

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * @throws naming the file and tensor when a file or shard is missing or damaged, or the index and the shards disagree
 */
export async function openHuggingFaceModel(directory: string): Promise<HuggingFaceModelFile> {
  const config = await readJsonFile(join(directory, 'config.json'), 'openHuggingFaceModel');
  const generationPath = join(directory, 'generation_config.json');
  const generationConfig = (await isPresent(generationPath))
    ? await readJsonFile(generationPath, 'openHuggingFaceModel')
    : undefined;

  const files = new Map<string, SafetensorsFile>();
  const owners = new Map<string, SafetensorsFile>();
  const tensors = new Map<string, SafetensorsTensor & { path: string }>();
  const close = async () => {
    for (const file of files.values()) await file.close();
  };
  try {
    const weightMap = (await isPresent(join(directory, SINGLE))) ? null : await readIndex(directory);
    for (const shard of weightMap ? new Set(weightMap.values()) : [SINGLE]) {
      const file = await openSafetensors(join(directory, shard));
      files.set(shard, file);
      for (const [name, tensor] of file.tensors) {
        if (weightMap && weightMap.get(name) !== shard) {
          throw fault(
            'a shard must hold the tensors that the index names for it',
            `${name}, which the index ${weightMap.has(name) ? `places in ${weightMap.get(name)}` : 'does not know'}`,
            file.path,
          );
        }
        owners.set(name, file);
        tensors.set(name, { ...tensor, path: file.path });
      }
    }
    for (const [name, shard] of weightMap ?? []) {
      if (!tensors.has(name))
        throw fault(
          'a shard must hold the tensors that the index names',
          `none called ${name}`,
          join(directory, shard),
        );
    }
  } catch (error) {
    await close();
    throw error;
  }

  const ownerOf = (name: string): SafetensorsFile => {
    const file = owners.get(name);
    if (!file) throw fault('the tensor must be in the model', JSON.stringify(name), directory);
    return file;
  };
  return {
    directory,
    config,
    ...(generationConfig && { generationConfig }),
    tensors,
    async readArray(name, into) {
      return ownerOf(name).readArray(name, into);
    },
    readPieces: (name) => ownerOf(name).readPieces(name),
    close,
  };
}

async function readIndex(directory: string): Promise<Map<string, string>> {
  const path = join(directory, INDEX);
  if (!(await isPresent(path))) {
    const names = await readdir(directory).catch((error) => {
      throw explainFileError('openHuggingFaceModel', 'read', directory, error);
    });
    const other = names.find((name) => /\.(bin|pt|pth|gguf|safetensors)$/.test(name));
    throw fault(
      `the directory must hold ${SINGLE} or ${INDEX}`,
      other ? `${other}` : 'neither',
      directory,
      other ? 'Convert or rename the weights to model.safetensors.' : 'Finish the download of the model.',
    );
  }
  const { weight_map: weightMap } = await readJsonFile(path, 'openHuggingFaceModel');
  if (typeof weightMap !== 'object' || weightMap === null || Array.isArray(weightMap)) {
    throw fault('weight_map must map tensor names to file names', JSON.stringify(weightMap) ?? 'none', path);
  }
  const entries = new Map<string, string>();
  for (const [name, shard] of Object.entries(weightMap)) {
    const trouble = fileNameFault(shard) ?? (String(shard).endsWith('.safetensors') ? null : 'no .safetensors file');
    if (trouble)
      throw fault(
        'weight_map must name .safetensors files of the same directory',
        `${JSON.stringify(shard)} (${trouble}) for ${name}`,
        path,
      );
    entries.set(name, shard as string);
  }
  if (entries.size === 0) throw fault('weight_map must name at least one tensor', 'an empty one', path);
  return entries;
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return false;
    throw explainFileError('openHuggingFaceModel', 'read', path, error);
  }
}

function fault(rule: string, got: string, at: string, nextStep = 'Fetch the model again.'): Error {
  return new Error(`[@marco-ts/checkpoint] openHuggingFaceModel: ${rule}, got ${got} at ${at}. ${nextStep}`);
}
