/**
 * Predictions of small supervised models of every loss, plain and quantized, against fastText's own; damaged files.
 *
 * Source: tools/goldens/fasttext_models.py (fasttext-wheel 0.9.2). Tolerance: 1e-5 on probabilities, because fastText sums in float32.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { fastTextIdentifier } from '../../src/identify/fasttext/fasttext-identifier.ts';
import { loadFastText } from '../../src/identify/fasttext/fasttext-model.ts';

const folder = fileURLToPath(new URL('fasttext/', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'fasttext-'));
afterAll(() => rmSync(temporary, { recursive: true }));

type Predictions = readonly (readonly [text: string, labels: readonly (readonly [label: string, p: number])[]])[];
const golden: Readonly<Record<string, Predictions>> = JSON.parse(
  readFileSync(join(folder, 'predictions.json'), 'utf8'),
);

test.each(Object.entries(golden))('%s: every label of every text', (name, predictions) => {
  const model = loadFastText(join(folder, name));
  for (const [text, theirs] of predictions) {
    const ours = model.predict(text, { numLabels: 7 });
    expect(ours).toHaveLength(theirs.length);
    const byLabel = new Map(ours.map(({ label, probability }) => [label, probability]));
    for (const [label, probability] of theirs) {
      expect(Math.abs(byLabel.get(label)! - Math.min(1, probability)), `${text}: ${label}`).toBeLessThan(1e-5);
    }
    if (theirs.length > 1 && theirs[0]![1] - theirs[1]![1] > 1e-4) expect(ours[0]!.label).toBe(theirs[0]![0]);
  }
});

test('a model is a language identifier', () => {
  const identifier = fastTextIdentifier(loadFastText(join(folder, 'softmax.bin')));
  expect(identifier.identify('the river\nand bridge')).toMatchObject({ language: 'eng_Latn', script: 'Latn' });
  const languages = new Set(['rus_Cyrl', 'deu_Latn']);
  expect(identifier.identify('the river', { languages }).language).not.toBe('eng_Latn');
  const words = fastTextIdentifier(loadFastText(join(folder, 'words.bin')));
  expect(words.identify('the river').confidence).toBeGreaterThan(words.identify('the river').runnerUpConfidence);
});

const original = readFileSync(join(folder, 'softmax.bin'));
const damaged = (change: (bytes: Buffer) => Buffer): string => {
  const path = join(temporary, 'damaged.bin');
  writeFileSync(path, change(Buffer.from(original)));
  return path;
};
const withNumber = (offset: number, value: number) => (bytes: Buffer) => {
  bytes.writeInt32LE(value, offset);
  return bytes;
};
test.each([
  ['empty', () => Buffer.alloc(0), /must be 4 more bytes, got the end after 0/],
  ['other magic', withNumber(0, 1), /first number must be 793712314, got 1 at byte 0/],
  ['other version', withNumber(4, 13), /version must be 11 or 12, got 13/],
  ['unsupervised', withNumber(8 + 7 * 4, 2), /must be supervised/],
  ['lying number of words', withNumber(64, 2 ** 30), /number of words must fit the file/],
  ['cut in the dictionary', (bytes: Buffer) => bytes.subarray(0, 200), /more bytes|must fit/],
  ['cut in a matrix', (bytes: Buffer) => bytes.subarray(0, -1), /size of a matrix must fit/],
  ['more bytes', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)]), /must end after the output/],
  ['other buckets', withNumber(8 + 8 * 4, 10_000), /must have a row, got \d+ rows/],
])('a damaged file is refused: %s', (_, change, message) => {
  expect(() => loadFastText(damaged(change))).toThrow(message);
});
