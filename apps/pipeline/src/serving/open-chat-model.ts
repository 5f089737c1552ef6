/**
 * A model directory, or the one that a run exported, ready to answer.
 */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type BackendName, type BackendRecord, disposeParams, initBackend } from '@marco-ts/core';
import { type SamplingOptions, samplingFromGenerationConfig } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { loadTokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../errors.ts';
import { findLatestRun, RECIPE_FILE } from '../runner/run-directory.ts';
import { listStageEntries } from '../runner/stage-directories.ts';
import { EXPORT_DIRECTORY } from '../stages/export-stage.ts';
import { readModelConfig } from '../training/planned-model-config.ts';
import { requireEvaluationMemory } from '../training/require-recipe-memory.ts';
import type { EngineModel } from './completion-engine.ts';

export interface ChatModel extends EngineModel {
  /** what a server calls it */
  readonly id: string;
  readonly directory: string;
  readonly backend: BackendRecord;
  /** from generation_config.json; what a request leaves out */
  readonly sampling: SamplingOptions;
  /** frees the weights */
  close(): void;
}

export interface OpenChatModelOptions {
  /** a Hugging Face directory, a run directory, or nothing for the latest run */
  readonly directory?: string | undefined;
  readonly prefer?: readonly BackendName[] | undefined;
  readonly numThreads?: number | undefined;
  /** tokens that will be read at once, which must fit the machine's memory; default 512 */
  readonly batchTokens?: number | undefined;
}

/** @throws BadInputError when there is no model, or before anything is read when it does not fit; what `loadQwen2` and `loadTokenizer` say of damaged ones */
export async function openChatModel(options: OpenChatModelOptions): Promise<ChatModel> {
  const { directory, id } = await findModel(options.directory);
  const { batchTokens = 512 } = options;
  const names = `This is of ${batchTokens} tokens at once.`;
  requireEvaluationMemory('openChatModel', await readModelConfig(directory), batchTokens, names);
  const tokenizer = await loadTokenizer(directory);
  const backend = await initBackend({
    ...(options.prefer && { prefer: options.prefer }),
    ...(options.numThreads !== undefined && { numThreads: options.numThreads }),
  });
  const { config, generationConfig, params } = await loadQwen2(directory);
  const ends = [
    generationConfig?.eos_token_id,
    config.eosTokenId,
    tokenizer.eosTokenId,
    tokenizer.tokenToId('<|im_end|>'),
  ];
  return {
    id,
    directory,
    backend,
    tokenizer,
    config,
    params,
    eosTokenIds: [...new Set(ends.flat().filter((end) => typeof end === 'number'))],
    sampling: samplingFromGenerationConfig(generationConfig ?? {}),
    close: () => disposeParams(params),
  };
}

/** @returns the model directory that is meant, and what to call it. @throws BadInputError when there is none */
export async function findModel(given: string | undefined): Promise<{ directory: string; id: string }> {
  const directory = given ?? (await findLatestRun('runs'));
  if (directory === null) {
    throw new BadInputError(
      '[@marco-ts/pipeline] openChatModel: there must be a model, got no run below runs. Name a model directory, or make one with: marco run tiny-cpu',
    );
  }
  const id = basename(resolve(directory));
  if (existsSync(join(directory, 'config.json'))) return { directory, id };
  if (existsSync(join(directory, RECIPE_FILE))) {
    const exported = (await listStageEntries(directory)).find(({ name, suffix }) => name === 'export' && suffix === '');
    if (exported !== undefined) return { directory: join(directory, exported.entry, EXPORT_DIRECTORY), id };
    throw new BadInputError(
      `[@marco-ts/pipeline] openChatModel: a run must have exported its model, got none at ${directory}. Finish it with: marco resume ${directory}`,
    );
  }
  throw new BadInputError(
    `[@marco-ts/pipeline] openChatModel: a model directory holds config.json and a run directory recipe.json, got neither at ${directory}. Check the path.`,
  );
}
