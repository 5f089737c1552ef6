import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { applyFilters } from '../filters/apply-filters.ts';
import { contaminationByTask, contaminationReport, decontamination } from './contamination.ts';
import { splitByGroup } from './split-by-group.ts';

const article = (language: string, number: number, text = `${language} ${number}`): Document => ({
  id: `${language}/${number}`,
  text,
  language,
  metadata: { article: number },
});
const groupOf = ({ metadata }: Document) => String(metadata.article);
const all = ['eng_Latn', 'fra_Latn', 'deu_Latn'].flatMap((language) =>
  Array.from({ length: 31 }, (_, i) => article(language, i)),
);

test('the same articles are held out in every language, the preamble never', () => {
  const split = splitByGroup(all, {
    groupOf,
    validationShare: 0.1,
    testShare: 0.1,
    seed: 1,
    alwaysTrain: (group) => group === '0',
  });
  const numbers = (documents: readonly Document[], language: string) =>
    documents.filter((d) => d.language === language).map(groupOf);
  for (const name of ['train', 'validation', 'test'] as const) {
    expect(numbers(split[name], 'fra_Latn')).toEqual(numbers(split[name], 'eng_Latn'));
    expect(numbers(split[name], 'deu_Latn')).toEqual(numbers(split[name], 'eng_Latn'));
  }
  expect([split.train.length, split.validation.length, split.test.length]).toEqual([75, 9, 9]);
  expect(split.groups.get('0')).toBe('train');
});

test('law: every document is in one split, and no group in two', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0.01, max: 0.4, noNaN: true }), (seed, share) => {
      const split = splitByGroup(all, { groupOf, validationShare: share, testShare: share, seed });
      expect(split.train.length + split.validation.length + split.test.length).toBe(all.length);
      const trained = new Set(split.train.map(groupOf));
      for (const document of [...split.validation, ...split.test]) expect(trained).not.toContain(groupOf(document));
    }),
  );
});

test('another seed holds out other articles; the order of documents does not matter', () => {
  const split = (seed: number, documents = all) =>
    splitByGroup(documents, { groupOf, validationShare: 0.1, testShare: 0.1, seed }).groups;
  expect(split(1)).not.toEqual(split(2));
  expect(split(1, [...all].reverse())).toEqual(split(1));
});

test('impossible shares are refused', () => {
  expect(() => splitByGroup(all, { groupOf, validationShare: 0.6, testShare: 0.4, seed: 1 })).toThrow(
    /sum below 1, got 0.6 and 0.4/,
  );
  expect(() =>
    splitByGroup([article('eng_Latn', 1)], { groupOf, validationShare: 0.1, testShare: 0.1, seed: 1 }),
  ).toThrow(/at least 3 groups .* got 1 of 1/);
});

const SENTENCE = 'one two three four five six seven eight nine ten eleven twelve thirteen';

test('shared 12-grams are reported and dropped from training, across punctuation and case', async () => {
  const heldOut = [
    article('eng_Latn', 1, SENTENCE),
    article('eng_Latn', 2, 'too few words'),
    article('eng_Latn', 3, SENTENCE.split(' ').reverse().join(' ')),
  ];
  const train = [
    article('eng_Latn', 4, `And so: ${SENTENCE.toUpperCase()}!`),
    article('eng_Latn', 5, 'nothing in common with any other text that is held out here at all'),
  ];
  const report = contaminationReport(heldOut, train);
  expect(report).toMatchObject({ n: 12, numDocuments: 3, numCompared: 2, numContaminated: 1, meanSharedNGrams: 0.5 });
  expect(report.worst).toEqual([{ id: 'eng_Latn/1', language: 'eng_Latn', share: 1 }]);
  const kept = await Array.fromAsync(applyFilters(train, [decontamination(heldOut)]));
  expect(kept.map(({ id }) => id)).toEqual(['eng_Latn/5']);
  expect(contaminationReport(heldOut, kept).numContaminated).toBe(0);
});

test('each evaluation task has its own row: texts and n-grams found in training text', () => {
  const language = 'eng_Latn';
  const train = [article(language, 1, 'one two three four five six')];
  const rows = contaminationByTask(
    new Map([
      ['leaked', ['Two three, four FIVE!', 'zero one two three', 'too short'].map((text) => ({ text, language }))],
      ['clean', [{ text: 'six five four three two one', language }]],
      ['empty', []],
    ]),
    train,
    { n: 3 },
  );
  expect(rows).toEqual([
    { task: 'leaked', numTexts: 3, numCompared: 2, numTextsHit: 2, numNGrams: 4, numNGramsHit: 3 },
    { task: 'clean', numTexts: 1, numCompared: 1, numTextsHit: 0, numNGrams: 4, numNGramsHit: 0 },
    { task: 'empty', numTexts: 0, numCompared: 0, numTextsHit: 0, numNGrams: 0, numNGramsHit: 0 },
  ]);
});
