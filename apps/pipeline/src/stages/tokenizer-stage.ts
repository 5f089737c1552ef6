/**
 * A byte-level BPE trained on the train split, with Qwen2's pre-tokenizer, special tokens and chat template; or an existing one, copied.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fertility, loadTokenizer, type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { FertilityResult } from '../report/run-results.ts';
import type { Stage } from '../runner/stage.ts';
import { readDocuments, SOURCE_FILES } from '../stage-files/data-files.ts';
import { directoryFingerprint } from '../stage-files/directory-fingerprint.ts';
import { readJsonLines } from '../stage-files/json-lines.ts';

export const FERTILITY_FILE = 'fertility.json';

export const tokenizerStage: Stage<Recipe> = {
  name: 'tokenizer',
  title: 'tokenizer: learn merges, measure fertility',
  dependsOn: ['data'],
  config: ({ tokenizer, model }) =>
    model.kind === 'directory'
      ? { from: model.directory, files: directoryFingerprint(model.directory) }
      : { tokenizer, from: null },
  async run({ directory, inputs, recipe, progress, log }) {
    const train = await readDocuments(inputs.data!, 'train');
    const test = await readDocuments(inputs.data!, 'test');
    progress.start({ total: 2, unit: 'steps', label: 'learning merges' });
    const tokenizer = await makeTokenizer(recipe, inputs.data!, train);
    if (recipe.model.kind === 'random' && tokenizer.vocabSize < recipe.tokenizer.vocabSize) {
      log(
        `the text gives ${tokenizer.vocabSize} of the ${recipe.tokenizer.vocabSize} tokens of tokenizer.vocabSize: no other pair is seen ${recipe.tokenizer.minFrequency} times`,
      );
    }
    progress.advance(1, 'fertility');
    const languages = Map.groupBy(test, ({ language }) => language);
    const measured: FertilityResult[] = [...languages].map(([language, documents]) => {
      const { tokensPerWord, bytesPerToken, numDocuments } = fertility(
        tokenizer,
        documents.map(({ text }) => text),
      );
      return { language, tokensPerWord, bytesPerToken, numDocuments };
    });
    for (const [name, contents] of Object.entries(tokenizer.files())) await writeFile(join(directory, name), contents);
    await writeFile(join(directory, FERTILITY_FILE), JSON.stringify(measured, null, 2));
    progress.advance();
    return { vocabSize: tokenizer.vocabSize, documents: train.length, languages: languages.size };
  },
};

async function makeTokenizer(
  { tokenizer, model }: Recipe,
  dataDirectory: string,
  train: readonly { readonly text: string }[],
): Promise<Tokenizer> {
  if (model.kind === 'directory') return loadTokenizer(model.directory);
  const others = await Promise.all(
    Object.values(SOURCE_FILES).map((file) => readJsonLines<{ text: string }>(join(dataDirectory, file))),
  );
  // The documents of the other sources repeat the articles many times over: their fixed phrases are learned from a small part.
  const phrases = others.flatMap((documents) => documents.slice(0, Math.ceil(documents.length / 50)));
  return trainTokenizer(
    [...train, ...phrases].map(({ text }) => text),
    tokenizer,
  );
}
