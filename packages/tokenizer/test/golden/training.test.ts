/** Merges equal to those of Hugging Face's BpeTrainer; fixture by tools/goldens/tokenizer_training.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trainTokenizer } from '../../src/index.ts';

interface Expected {
  vocab_size: number;
  min_frequency: number;
  max_token_length?: number;
  numMerges: number;
  sha256: string;
  merges?: string[] | null;
  files?: string[];
}

const root = process.env.MARCO_TEST_DATA ?? '';
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/training.json'), 'utf8')) as {
  texts: string[];
  formula: Expected[];
  real: Expected[];
};

function learn(texts: Iterable<string>, expected: Expected): string[] {
  const tokenizer = trainTokenizer(texts, {
    vocabSize: expected.vocab_size,
    minFrequency: expected.min_frequency,
    ...(expected.max_token_length === undefined ? {} : { maxTokenLength: expected.max_token_length }),
  });
  const json = JSON.parse(tokenizer.files()['tokenizer.json']!) as { model: { merges: [string, string][] } };
  return json.model.merges.map((merge) => merge.join(' '));
}

const hash = (merges: string[]) => createHash('sha256').update(merges.join('\n')).digest('hex');

describe('formula text', () => {
  test.each(fixture.formula)('vocabSize $vocab_size, minFrequency $min_frequency, $max_token_length', (expected) => {
    const merges = learn(fixture.texts, expected);
    if (expected.merges) expect(merges).toEqual(expected.merges);
    expect(merges.length).toBe(expected.numMerges);
    expect(hash(merges)).toBe(expected.sha256);
  });
});

describe.skipIf(!root)('real text', () => {
  test.each(fixture.real)('$files.0, vocabSize $vocab_size', (expected) => {
    const texts = expected.files!.flatMap((file) =>
      readFileSync(join(root, file), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { text?: string; paras: string[] })
        .map((row) => row.text ?? row.paras.join('\n')),
    );
    const merges = learn(texts, expected);
    expect(merges.length).toBe(expected.numMerges);
    expect(hash(merges)).toBe(expected.sha256);
  });
});
