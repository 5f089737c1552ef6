import { expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { declarationDocuments } from '../readers/declaration-documents.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import { identifyCrossFit } from './identify-cross-fit.ts';
import { languageIdentifierFromJson } from './language-identifier.ts';
import { trainLanguageIdentifier } from './train-language-identifier.ts';

const PAGES = [
  'eng',
  'fra',
  'deu_1996',
  'spa',
  'swh',
  'tur',
  'rus',
  'ukr',
  'kaz',
  'arb',
  'urd',
  'jpn',
  'cmn_hans',
  'cmn_hant',
  'tha',
];
const documents: Document[] = [];
for await (const declaration of readUdhr({ pages: PAGES })) documents.push(...declarationDocuments(declaration));
const identifier = trainLanguageIdentifier(documents);

test.each([
  ['The weather was fine and we walked to the river', 'eng_Latn'],
  ['Il fait très beau aujourd’hui et nous allons au marché', 'fra_Latn'],
  ['Das Wetter ist heute schön, wir gehen zum Fluss', 'deu_Latn'],
  ['Watoto wanacheza mpira nje ya nyumba', 'swh_Latn'],
  ['Сьогодні гарна погода, і ми йдемо до річки', 'ukr_Cyrl'],
  ['Сегодня хорошая погода, и мы идём к реке', 'rus_Cyrl'],
  ['今日はとても天気がいいですね', 'jpn_Jpan'],
  ['วันนี้อากาศดีมาก', 'tha_Thai'],
])('%s is %s', (text, language) => {
  const found = identifier.identify(text);
  expect(found.language).toBe(language);
  expect(found.confidence).toBeGreaterThan(0);
  expect(found.confidence).toBeLessThanOrEqual(1);
  expect(found.confidence).toBeGreaterThanOrEqual(found.runnerUpConfidence);
});

test('a script that no language is written in gives und, not a guess', () => {
  expect(identifier.identify('ქართული ენა')).toEqual({
    language: 'und_Geor',
    confidence: 0,
    runnerUp: null,
    runnerUpConfidence: 0,
    script: 'Geor',
  });
  expect(identifier.identify('123 !?').language).toBe('und_Zyyy');
});

test('candidates can be named', () => {
  const languages = new Set(['fra_Latn', 'spa_Latn']);
  expect(languages).toContain(identifier.identify('The weather is fine', { languages }).language);
});

test('a prior decides where the text does not', () => {
  const samples = ['deu_Latn', 'fra_Latn'].map((language) => ({ language, text: 'abc abd' }));
  for (const wanted of ['deu_Latn', 'fra_Latn']) {
    const priorOf = (language: string) => (language === wanted ? 1 : 0);
    expect(trainLanguageIdentifier(samples, { priorOf }).identify('abc').language).toBe(wanted);
  }
});

test('JSON brings back the same answers', () => {
  const copy = languageIdentifierFromJson(JSON.parse(JSON.stringify(identifier.toJson())));
  for (const { text } of documents.slice(0, 100)) expect(copy.identify(text)).toEqual(identifier.identify(text));
});

test('damaged JSON is refused', () => {
  const json = identifier.toJson();
  expect(() => languageIdentifierFromJson({ ...json, priors: [] })).toThrow(/must have a prior, got 0/);
  expect(() => languageIdentifierFromJson({ ...json, postingWeights: '' })).toThrow(/postings, got/);
  expect(() => languageIdentifierFromJson({ ...json, languages: ['eng_Latn'], priors: [0] })).toThrow(
    /must name a language/,
  );
  expect(() => languageIdentifierFromJson({ ...json, formatVersion: 1 as never })).toThrow(/formatVersion must be 2/);
});

test('a long text is read in pieces and counts the same as its parts, whatever it is made of', () => {
  const sentence = 'Watoto wanacheza mpira nje ya nyumba. ';
  const long = identifier.identify(sentence.repeat(5000));
  expect(long.language).toBe('swh_Latn');
  expect(long.confidence).toBeGreaterThanOrEqual(identifier.identify(sentence).confidence);
  // No boundary to cut at, and a letter whose lower case takes two units.
  expect(identifier.identify('ม'.repeat(100_000)).language).toBe('tha_Thai');
  expect(identifier.identify('İ'.repeat(100_000)).script).toBe('Latn');
});

test('malformed codes and empty samples are refused', () => {
  expect(() => trainLanguageIdentifier([{ language: 'sw', text: 'habari' }])).toThrow(/such as swh_Latn, got "sw"/);
  expect(() => trainLanguageIdentifier([])).toThrow(/must hold letters, got none/);
});

test('cross-fitting identifies held-out articles, and never with a model that saw them', () => {
  const groupOf = ({ metadata }: Document) => String(metadata.article);
  const found = identifyCrossFit(documents, { groupOf, folds: 5, seed: 1 });
  const right = found.filter(({ language }, index) => language === documents[index]!.language).length;
  expect(right / documents.length).toBeGreaterThan(0.99);
  // A language whose only article is in one fold is unknown to the model that meets it.
  const alone: Document = { id: 'alone', text: 'ქართული ენა', language: 'kat_Geor', metadata: { article: 3 } };
  const withAlone = identifyCrossFit([...documents, alone], { groupOf, folds: 5, seed: 1 });
  expect(withAlone.at(-1)!.language).toBe('und_Geor');
});

test('folds and groups are checked', () => {
  expect(() => identifyCrossFit(documents, { groupOf: () => 'one' })).toThrow(/1 groups for 5 folds/);
  expect(() => identifyCrossFit(documents, { groupOf: ({ id }) => id, folds: 1 })).toThrow(/at least 2, got 1/);
});

test('words that only one of two close relatives has decide between them', () => {
  const alike = 'sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima';
  const identifier = trainLanguageIdentifier([
    { language: 'hrv_Latn', text: alike },
    { language: 'srp_Latn', text: alike },
  ]);
  expect(identifier.identify('Gdje je rješenje?').language).toBe('hrv_Latn');
  expect(identifier.identify('Gde je rešenje?').language).toBe('srp_Latn');
  expect(identifier.identify('Gde je rešenje?', { languages: new Set(['hrv_Latn']) }).language).toBe('hrv_Latn');
});
