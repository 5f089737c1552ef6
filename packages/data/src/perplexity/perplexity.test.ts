import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import { readArpa, writeArpa } from './arpa-file.ts';
import { decodeNGramModel, encodeNGramModel } from './ngram-model-file.ts';
import {
  documentPerplexity,
  perplexityFilter,
  perplexityPercentiles,
  perplexitySentences,
} from './perplexity-filter.ts';
import { trainNGramModel } from './train-ngram-model.ts';

const articles = (await Array.fromAsync(readUdhr({ pages: ['eng'] }))).flatMap(declarationDocuments);
const isHeldOut = (_: Document, index: number): boolean => index % 5 === 0;
const train = articles.filter((article, index) => !isHeldOut(article, index));
const model = trainNGramModel(
  train.flatMap((article) => [...perplexitySentences(article)]),
  { order: 3, fallbackDiscounts: [0.5, 1, 1.5] },
);
const document = (text: string, id = 'x', language = 'eng_Latn'): Document => ({ id, text, language, metadata: {} });
const modelOf = (language: string) => (language === 'eng_Latn' ? model : undefined);
const perplexity = (text: string, language?: string) => documentPerplexity(document(text, 'x', language), { modelOf });

test('law: in every context the probabilities of all words sum to one', () => {
  for (const context of [[], ['everyone'], ['everyone', 'has'], ['never', 'seen'], ['has', 'the']]) {
    let sum = 0;
    for (const word of ['<unk>', ...model.vocabulary.slice(3)]) {
      sum += 10 ** model.wordLogProbs([...context, word])[context.length]!;
    }
    sum += 10 ** model.wordLogProbs(context)[context.length]!;
    expect(sum).toBeCloseTo(1, 5);
  }
});

test('held-out prose is less surprising than its words in disorder, and a list more than both', () => {
  const text = articles
    .filter(isHeldOut)
    .map((article) => article.text)
    .join('\n');
  const words = text.split(/\s+/);
  const shuffled = words.map((_, index) => words[(index * 7919) % words.length]!).join(' ');
  expect(perplexity(text)!).toBeLessThan(perplexity(shuffled)!);
  expect(perplexity(train[0]!.text)!).toBeLessThan(perplexity(text)!);
  expect(perplexity('', 'eng_Latn')).toBe(null);
  expect(perplexity(text, 'fra_Latn')).toBe(null);
});

test('each side of the limits has its reason, languages without a model or limits are kept', () => {
  const common = 'everyone has the right to freedom of thought';
  const strange = 'zyx wvu tsr qpo nml';
  const lowest = perplexity(common)!;
  const highest = perplexity(strange)!;
  const reason = (text: string, language?: string) => {
    const filter = perplexityFilter({
      modelOf,
      limitsOf: (code) => (code === 'deu_Latn' ? undefined : { max: 0.9 * highest, min: 1.1 * lowest }),
    });
    const verdict = filter.check(document(text, 'x', language));
    return verdict.keep ? 'keep' : verdict.reason;
  };
  expect(reason('the family has the duty of the state')).toBe('keep');
  expect(reason(strange)).toBe('perplexity_high');
  expect(reason(common)).toBe('perplexity_low');
  expect(reason('zyx wvu', 'fra_Latn')).toBe('keep');
  expect(reason('zyx wvu', 'deu_Latn')).toBe('keep');
});

test('percentiles are those of a sorted list, whatever the order of documents, also of a sample', async () => {
  const options = { modelOf, percentiles: [0, 30, 60, 100] };
  const values = articles.map((article) => documentPerplexity(article, { modelOf })!).sort((a, b) => a - b);
  const found = await perplexityPercentiles(articles, options);
  const at = (percentile: number) =>
    values[Math.min(values.length - 1, Math.floor((percentile * values.length) / 100))];
  expect(found).toEqual(new Map([['eng_Latn', [0, 30, 60, 100].map(at)]]));
  expect(await perplexityPercentiles(articles.toReversed(), options)).toEqual(found);
  const sampled = await perplexityPercentiles(articles, { ...options, maxDocuments: 8 });
  expect(await perplexityPercentiles(articles.toReversed(), { ...options, maxDocuments: 8 })).toEqual(sampled);
});

test('the binary file brings the same model back, and damage is found', () => {
  const bytes = encodeNGramModel(model);
  const again = decodeNGramModel(bytes);
  for (const { text } of articles)
    expect(again.wordLogProbs(text.split(' '))).toEqual(model.wordLogProbs(text.split(' ')));
  expect(encodeNGramModel(again)).toEqual(bytes);
  const changed = bytes.slice();
  changed[bytes.length >> 1]! ^= 1;
  expect(() => decodeNGramModel(changed)).toThrow(/checksum must be/);
  expect(() => decodeNGramModel(bytes.subarray(0, bytes.length - 8))).toThrow(/checksum must be/);
  expect(() => decodeNGramModel(new Uint8Array(40))).toThrow(/must begin with MARCONGM/);
});

const ARPA = [...writeArpa(model)];
const withLine = (find: RegExp, replacement: string): string[] => {
  const index = ARPA.findIndex((line) => find.test(line));
  return ARPA.with(index, replacement);
};
test.each([
  [['nothing'], /must begin with \\data\\, got none at line 1/],
  [ARPA.slice(0, -1), /must end with \\end\\/],
  [withLine(/everyone has the/, ''), /there must be \d+ 3-grams, got/],
  [withLine(/everyone has the/, 'x\teveryone has the'), /must be numbers up to 0, got "x.* at line \d+/],
  [withLine(/everyone has the/, '-1\teveryone has'), /3 words and perhaps a backoff, got 3 fields/],
  [withLine(/everyone has the/, '-1\teveryone has never-seen'), /must be unigrams, got "never-seen"/],
  [withLine(/^\\2-grams/, '\\3-grams:'), /2-grams must come next, got 3-grams/],
  [withLine(/^ngram 2/, 'ngram two=2'), /counts must read/],
] as const)('a damaged ARPA file is refused: %#', async (lines, message) => {
  await expect(readArpa(lines)).rejects.toThrow(message);
});

test('what cannot be trained on is refused', () => {
  expect(() => trainNGramModel([], { order: 3 })).toThrow(/must be sentences, got none/);
  expect(() => trainNGramModel([['a']], { order: 1 })).toThrow(/from 2 to 8, got 1/);
  expect(() => trainNGramModel([['a', 'b']], { order: 2 })).toThrow(/to estimate discounts, got 3, 0, 0, 0 of order 1/);
});
