/**
 * Configuration, tokenizer and weights from the files of a model directory, as `marco chat` reads them from the disk.
 */
import { openSafetensorsFrom, type SafetensorsFile } from '@marco-ts/checkpoint/web';
import { countParams, type ParamMap } from '@marco-ts/core';
import {
  parseQwen2Config,
  type Qwen2Config,
  readQwen2Params,
  type SamplingOptions,
  samplingFromGenerationConfig,
  type WeightTensor,
} from '@marco-ts/model';
import { createTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import type { ModelFiles } from './model-files.ts';

export interface OpenModel {
  /** Owned by the caller. */
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly tokenizer: Tokenizer;
  readonly eosTokenIds: readonly number[];
  /** From generation_config.json. */
  readonly sampling: SamplingOptions;
  readonly numParameters: number;
}

type Json = Parameters<typeof parseQwen2Config>[0];
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * @param onProgress told what is being read
 * @throws naming the file that is missing, damaged or disagrees with the others
 */
export async function openModel(files: ModelFiles, onProgress: (text: string) => void): Promise<OpenModel> {
  const configJson = await readJson(files, 'config.json');
  if (configJson === undefined)
    throw new Error('A model directory holds config.json; there is none. Name or choose another.');
  const config = parseQwen2Config(configJson);
  onProgress('reading the tokenizer');
  const tokenizer = await openTokenizer(files);
  const generation = (await readJson(files, 'generation_config.json')) ?? {};
  const params = await openParams(files, config, onProgress);
  const ends = [
    generation.eos_token_id,
    config.eosTokenId,
    tokenizer.eosTokenId,
    tokenizer.tokenToId('<|im_end|>'),
  ].flat();
  return {
    params,
    config,
    tokenizer,
    eosTokenIds: [...new Set(ends.filter((end) => typeof end === 'number'))],
    sampling: samplingFromGenerationConfig(generation),
    numParameters: countParams(params),
  };
}

async function openTokenizer(files: ModelFiles): Promise<Tokenizer> {
  const [tokenizerJson, chatTemplate] = [await files.text('tokenizer.json'), await files.text('chat_template.jinja')];
  const settings = (await readJson(files, 'tokenizer_config.json')) ?? {};
  const tokenizerConfig = { ...settings, ...(chatTemplate !== undefined && { chat_template: chatTemplate }) };
  if (tokenizerJson !== undefined) return createTokenizer({ tokenizerJson, tokenizerConfig });
  const [vocabJson, mergesText] = [await files.text('vocab.json'), await files.text('merges.txt')];
  if (vocabJson === undefined || mergesText === undefined)
    throw new Error('A model directory holds tokenizer.json, or vocab.json and merges.txt; there is neither.');
  return createTokenizer({ vocabJson, mergesText, tokenizerConfig });
}

/** One file, or the shards that the index names. */
async function openParams(
  files: ModelFiles,
  config: Qwen2Config,
  onProgress: (text: string) => void,
): Promise<ParamMap> {
  const index = await readJson(files, INDEX);
  const shards = new Set(index === undefined ? [SINGLE] : Object.values(index.weight_map as Record<string, string>));
  const opened: SafetensorsFile[] = [];
  try {
    for (const shard of shards) opened.push(await openSafetensorsFrom(await files.bytes(shard)));
    const owners = new Map(opened.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)));
    const tensors = new Map<string, WeightTensor>(
      opened.flatMap(({ tensors, path }) => [...tensors].map(([name, tensor]) => [name, { ...tensor, path }] as const)),
    );
    let numRead = 0;
    return await readQwen2Params(config, {
      tensors,
      readArray(name, into) {
        onProgress(`reading the weights, ${++numRead} of ${tensors.size} tensors`);
        return owners.get(name)!.readArray(name, into);
      },
    });
  } finally {
    for (const file of opened) await file.close();
  }
}

async function readJson(files: ModelFiles, name: string): Promise<Json | undefined> {
  const text = await files.text(name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`${name} must be JSON: ${(error as Error).message}. Is the file complete?`, { cause: error });
  }
}
