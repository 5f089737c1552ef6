/** Learns a tokenizer, or lets one learn more, and writes it: alone, or with the model whose embeddings grow with it. */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { writeDirectoryAtomic } from '@marco-ts/checkpoint';
import { disposeParams, initBackend } from '@marco-ts/core';
import { resizeEmbeddings } from '@marco-ts/model';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { extendTokenizer, type NewToken, type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';
import { compareFertility, type LanguageFertility } from './compare-fertility.ts';
import { openTokenizer } from './open-tokenizer.ts';
import { allTexts, readTexts } from './read-texts.ts';

export interface MakeTokenizerOptions {
  readonly out: string;
  readonly minFrequency: number;
  /** Files or folders to measure with; without them the text that was learned from. */
  readonly heldOut?: readonly string[];
  readonly textKey?: string;
}

export interface MadeTokenizer {
  readonly directory: string;
  readonly vocabSize: number;
  readonly fertility: readonly LanguageFertility[];
  /** When `--model` was given. */
  readonly model?: { readonly oldVocabSize: number; readonly vocabSize: number };
}

export async function trainFrom(
  files: readonly string[],
  { vocabSize, ...options }: MakeTokenizerOptions & { readonly vocabSize: number },
): Promise<MadeTokenizer> {
  await checkFree(options.out);
  const texts = await readTexts(files, options.textKey);
  const { minFrequency } = options;
  const tokenizer = usable(() => trainTokenizer(allTexts(texts), { vocabSize, minFrequency }));
  await writeTokenizer(options.out, tokenizer);
  return {
    directory: options.out,
    vocabSize: tokenizer.vocabSize,
    fertility: compareFertility(new Map([['new', tokenizer]]), await measured(texts, options)),
  };
}

export async function extendWith(
  directory: string,
  files: readonly string[],
  options: MakeTokenizerOptions & { readonly newTokens: number; readonly model?: string },
): Promise<MadeTokenizer & { readonly numNewTokens: number }> {
  await checkFree(options.out);
  const old = await openTokenizer(directory);
  const texts = await readTexts(files, options.textKey);
  const { newTokens: numNewTokens, minFrequency } = options;
  const { tokenizer, newTokens } = usable(() => extendTokenizer(old, allTexts(texts), { numNewTokens, minFrequency }));
  const tokenizers = new Map([
    ['before', old],
    ['after', tokenizer],
  ]);
  const model =
    options.model === undefined ? undefined : await writeGrownModel(options.model, options.out, tokenizer, newTokens);
  if (model === undefined) await writeTokenizer(options.out, tokenizer);
  return {
    directory: options.out,
    vocabSize: tokenizer.vocabSize,
    numNewTokens: newTokens.length,
    fertility: compareFertility(tokenizers, await measured(texts, options)),
    ...(model && { model }),
  };
}

/** The embeddings are read and averaged on the plain CPU backend: there is nothing to compute. */
async function writeGrownModel(
  from: string,
  out: string,
  tokenizer: Tokenizer,
  newTokens: readonly NewToken[],
): Promise<{ oldVocabSize: number; vocabSize: number }> {
  if (!existsSync(join(from, 'config.json')))
    throw bad(
      `--model must be a model directory with config.json, got none at ${basename(resolve(from))}. Check the path.`,
    );
  await initBackend({ prefer: ['cpu'] });
  const { config: oldConfig, params: oldParams, generationConfig } = await loadQwen2(from);
  const { config, params } = await resizeEmbeddings(oldParams, oldConfig, newTokens).finally(() =>
    disposeParams(oldParams),
  );
  try {
    await saveQwen2(out, { config, params, files: tokenizer.files(), ...(generationConfig && { generationConfig }) });
  } finally {
    disposeParams(params);
  }
  return { oldVocabSize: oldConfig.vocabSize, vocabSize: config.vocabSize };
}

async function writeTokenizer(directory: string, tokenizer: Tokenizer): Promise<void> {
  await writeDirectoryAtomic(directory, async (temporary) => {
    for (const [name, contents] of Object.entries(tokenizer.files())) await writeFile(join(temporary, name), contents);
  });
}

const measured = (texts: ReadonlyMap<string, readonly string[]>, { heldOut, textKey }: MakeTokenizerOptions) =>
  heldOut === undefined ? texts : readTexts(heldOut, textKey);

/** Before an hour of learning, not after it. */
async function checkFree(directory: string): Promise<void> {
  const holds = await readdir(directory).catch(() => []);
  if (holds.length > 0) throw bad(`--out must be a new directory, got ${directory} with ${holds[0]}. Choose another.`);
}

/** What the tokenizer's functions refuse is an option of the command. */
function usable<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}

const bad = (message: string): BadInputError => new BadInputError(`[@marco-ts/pipeline] tokenizer: ${message}`);
