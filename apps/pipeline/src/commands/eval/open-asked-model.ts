/** The model that `marco eval run` asks: of a directory, or behind a server. */
import { basename, resolve } from 'node:path';
import { type LanguageModel, openAiLanguageModel, qwen2LanguageModel } from '@marco-ts/eval';
import { loadTokenizer, type Tokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';
import { findModel, openChatModel } from '../../serving/open-chat-model.ts';
import { directoryFingerprint } from '../../stage-files/directory-fingerprint.ts';
import type { RunOptions } from './run-evaluation.ts';

export interface AskedModel {
  readonly model: LanguageModel;
  readonly name: string;
  /** changes with the weights */
  readonly identity: Readonly<Record<string, string>>;
  readonly tokenizer: Tokenizer | undefined;
  close(): void;
}

/** @throws BadInputError when there is no model, or what a server needs is not given */
export async function openAskedModel(options: RunOptions): Promise<AskedModel> {
  const { model: given, modelName } = options;
  if (given !== undefined && /^https?:\/\//.test(given)) return openServer(given, options);
  const { directory } = await findModel(given);
  const chat = await openChatModel({
    directory: given,
    prefer: options.backend && [options.backend],
    numThreads: options.threads,
    batchTokens: options.batchTokens ?? 4096,
  });
  const { params, config, tokenizer, eosTokenIds } = chat;
  const name = modelName ?? chat.id;
  const { maxLength = config.maxPositionEmbeddings, batchTokens } = options;
  const fingerprint = directoryFingerprint(directory)?.sha256 ?? '';
  return {
    model: qwen2LanguageModel({
      params,
      config,
      tokenizer,
      maxLength,
      batchTokens,
      stopTokenIds: [...eosTokenIds],
      name,
    }),
    name,
    identity: { pretrained: resolve(directory), fingerprint, maxLength: String(maxLength) },
    tokenizer,
    close: () => chat.close(),
  };
}

async function openServer(baseUrl: string, options: RunOptions): Promise<AskedModel> {
  const { modelName, keyVariable } = options;
  if (modelName === undefined) {
    throw new BadInputError(
      `[@marco-ts/pipeline] eval run: a server's model must be named, got none for ${baseUrl}. Pass --model-name.`,
    );
  }
  const apiKey = keyOf(keyVariable);
  const tokenizer = options.tokenizer === undefined ? undefined : await loadTokenizer(options.tokenizer);
  return {
    model: openAiLanguageModel({
      baseUrl,
      model: modelName,
      apiKey,
      tokenizer,
      maxLength: options.maxLength,
      concurrency: options.concurrency,
      timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
      generateWith: options.generateWith,
    }),
    name: basename(modelName),
    identity: { base_url: baseUrl, model: modelName },
    tokenizer,
    close: () => {},
  };
}

/** @returns the key in an environment variable. @throws BadInputError when it holds none */
export function keyOf(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const key = process.env[variable];
  if (key !== undefined) return key;
  throw new BadInputError(
    `[@marco-ts/pipeline] eval run: the variable ${variable} must hold the server's key, got none. Set it.`,
  );
}
