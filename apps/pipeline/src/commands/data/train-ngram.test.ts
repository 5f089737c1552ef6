import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadNGramModel } from '@marco-ts/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BadInputError } from '../../errors.ts';
import { trainNGram } from './train-ngram.ts';

let directory: string;
let input: string;
const options = (output: string) => ({ language: 'eng_Latn', output, order: 3, maxMegabytes: 10 });
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-train-ngram-'));
  input = join(directory, 'text.jsonl');
  const subjects = ['the river', 'a boat', 'the old bridge', 'every child', 'the rain'];
  const ends = ['runs to the sea', 'stays where it was', 'comes back in the evening', 'is seen from the hill'];
  const lines = Array.from({ length: 40 }, (_, i) => ({ id: `${i}`, text: `${subjects[i % 5]} ${ends[i % 4]}` }));
  await writeFile(input, lines.map((line) => JSON.stringify(line)).join('\n'));
});
afterAll(() => rm(directory, { recursive: true }));

test('ARPA and the binary file hold the same model, and nothing else is left', async () => {
  const arpa = await trainNGram([input], options(join(directory, 'out/model.arpa')));
  const binary = await trainNGram([input], options(join(directory, 'out/model.ngram')));
  expect(arpa).toMatchObject({ order: 3, numDocuments: 36, numHeldOut: 4, perplexity: binary.perplexity });
  expect(arpa.perplexity[50]).toBeGreaterThan(1);
  expect(await readdir(join(directory, 'out'))).toEqual(['model.arpa', 'model.ngram']);
  const words = ['the', 'river', 'runs'];
  const [fromArpa, fromBinary] = await Promise.all([arpa.output, binary.output].map(loadNGramModel));
  expect(fromArpa!.scoreSentence(words).logProb).toBeCloseTo(fromBinary!.scoreSentence(words).logProb, 4);
  // The model knows the order of words.
  expect(fromBinary!.scoreSentence(words).logProb).toBeGreaterThan(
    fromBinary!.scoreSentence([...words].reverse()).logProb,
  );
});

test('a language that no document is in, a bad order, a file that is not there', async () => {
  const output = join(directory, 'none.ngram');
  const few = join(directory, 'few.jsonl');
  await writeFile(few, JSON.stringify({ text: 'one document' }));
  await expect(trainNGram([few], options(output))).rejects.toThrow(/at least 10 documents in eng_Latn, got 1/);
  await expect(trainNGram([input], { ...options(output), order: 9 })).rejects.toThrow(BadInputError);
  await expect(trainNGram([join(directory, 'absent.jsonl')], options(output))).rejects.toThrow(BadInputError);
  expect(await readdir(directory)).not.toContain('none.ngram');
});

test("KenLM's binary format is refused by name", async () => {
  const path = join(directory, 'kenlm.bin');
  await writeFile(path, 'mmap lm http://kheafield.com/code format version 5\n\0');
  await expect(loadNGramModel(path)).rejects.toThrow(/KenLM's binary format at .*give the \.arpa/);
});
