import { expect, test } from 'vitest';
import type { LanguageIdentifier } from '../identify/language-identifier.ts';
import { readUdhr } from '../readers/read-udhr.ts';
import type { UdhrDeclaration } from '../readers/udhr-declaration.ts';
import { alignParagraphs, type ParallelPair } from './align-paragraphs.ts';
import { pairDedup } from './pair-dedup.ts';
import { pairLanguages } from './pair-languages.ts';
import { filterByScore, type PairScorer } from './pair-scorer.ts';
import { filterPairs } from './parallel-filters.ts';
import { PARALLEL_TEMPLATES, renderParallel, templateOf } from './render-parallel.ts';
import { surfaceScorer } from './surface-scorer.ts';

const declaration = (page: string, language: string, articles: UdhrDeclaration['articles']): UdhrDeclaration => ({
  page,
  language,
  iso6393: language.slice(0, 3),
  bcp47: 'x',
  name: page,
  direction: 'ltr',
  title: '',
  articles,
  path: '',
  isComplete: false,
});
const pair = (source: string, target: string, targetLanguage = 'fra_Latn'): ParallelPair => ({
  id: `${source}>${target}`,
  sourceLanguage: 'eng_Latn',
  targetLanguage,
  source,
  target,
  article: 1,
  paragraph: 0,
});

test('articles pair only where their paragraphs agree in number', () => {
  const a = declaration('a', 'eng_Latn', [
    { number: 1, title: '', paragraphs: ['one', 'two'] },
    { number: 2, title: '', paragraphs: ['three'] },
    { number: 4, title: '', paragraphs: ['five'] },
  ]);
  const b = declaration('b', 'fra_Latn', [
    { number: 1, title: '', paragraphs: ['un', 'deux'] },
    { number: 2, title: '', paragraphs: ['trois', 'et demi'] },
    { number: 3, title: '', paragraphs: ['quatre'] },
  ]);
  const { pairs, misalignedArticles, missingArticles } = alignParagraphs(a, b);
  expect(pairs.map(({ source, target }) => `${source}=${target}`)).toEqual(['one=un', 'two=deux']);
  expect(pairs[1]!.id).toBe('udhr/a-b/article-1/paragraph-1');
  expect(misalignedArticles).toEqual([2]);
  expect(missingArticles).toEqual([3, 4]);
});

test('real declarations align nearly everywhere', async () => {
  const declarations = await Array.fromAsync(readUdhr({ pages: ['eng', 'deu_1996'] }));
  const english = declarations.find(({ page }) => page === 'eng');
  const german = declarations.find(({ page }) => page === 'deu_1996');
  const { pairs } = alignParagraphs(english!, german!);
  expect(pairs.length).toBeGreaterThanOrEqual(45);
  expect(pairs.find(({ article }) => article === 3)?.target).toMatch(/Leben, Freiheit und Sicherheit/);
  expect(filterPairs(pairs).kept).toHaveLength(pairs.length);
});

test.each([
  ['Hello world', 'Bonjour le monde', 'fra_Latn', 'keep'],
  ['...', 'Bonjour', 'fra_Latn', 'empty_side'],
  ['x', 'y', 'fra_Latn', 'side_too_short'],
  ['a'.repeat(4001), 'b'.repeat(4000), 'fra_Latn', 'side_too_long'],
  ['Hello world', 'hello World ', 'fra_Latn', 'identical_copy'],
  ['Hello', 'Une phrase beaucoup trop longue pour ceci', 'fra_Latn', 'length_ratio'],
  ['All human beings are born free and equal', '人人生而自由,在尊严和权利上一律平等', 'cmn_Hans', 'keep'],
  ['Hello world', 'Bonjour le monde', 'rus_Cyrl', 'script_mismatch'],
  ['Born in 1948 and 1966', 'Né en 1789 et 2024', 'fra_Latn', 'numeral_mismatch'],
  [`See ${'x'.repeat(41)} here and now`, `Voir ${'x'.repeat(38)} ici maintenant`, 'fra_Latn', 'long_word'],
  ['All human beings are born free', '人'.repeat(12), 'cmn_Hans', 'repetition'],
  ['Click <a href="x">here</a> now', 'Cliquez ici maintenant', 'fra_Latn', 'html_tags'],
  ['It holds if 1 < x and y > 1', 'Vrai si 1 < x et y > 1', 'fra_Latn', 'keep'],
  ['Very good, very good, very good.', 'Tout ceci est très très bon.', 'fra_Latn', 'keep'],
  ['so very good very good very good', 'Tout ceci est très bon', 'fra_Latn', 'repetition'],
  ['One. Two. Three. Four.', 'Un. Deux. Trois. Quatre.', 'fra_Latn', 'keep'],
  ['One. Two. Three. Four. Five.', 'Un, deux, trois, quatre, cinq.', 'fra_Latn', 'terminal_punctuation'],
  ['In 1948 it began', 'سنة ١٩٤٨ بدأت', 'arb_Arab', 'keep'],
])('%s | %s (%s): %s', (source, target, language, expected) => {
  const { kept, droppedByReason } = filterPairs([pair(source, target, language)]);
  expect(kept.length === 1 ? 'keep' : Object.keys(droppedByReason)[0]).toBe(expected);
});

const identifier: LanguageIdentifier = {
  languages: ['eng_Latn', 'fra_Latn', 'cmn_Hans', 'wuu_Hans'],
  identify: (text, options) => {
    const found = /monde/.test(text) ? 'fra_Latn' : /\p{Script=Han}/u.test(text) ? 'wuu_Hans' : 'eng_Latn';
    const isAllowed = options?.languages?.has(found) ?? true;
    const language = isAllowed ? found : 'eng_Latn';
    return { language, confidence: 0.8, runnerUp: null, runnerUpConfidence: 0, script: found.slice(-4) };
  },
};

test('both sides must be in the languages that the pair claims', () => {
  const reasons = (pairs: readonly ParallelPair[], options = {}) =>
    filterPairs(pairs, [pairLanguages(identifier, options)]).droppedByReason;
  const good = pair('Hello world', 'Bonjour le monde');
  expect(reasons([good, pair('Human rights', '人权', 'cmn_Hans')])).toEqual({});
  expect(reasons([pair('Bonjour le monde', 'Salut le monde'), pair('Hello', 'Hello there')])).toEqual({
    source_language: 1,
    target_language: 1,
  });
  expect(reasons([good], { minConfidence: 0.9 })).toEqual({ source_language: 1 });
  expect(reasons([good], { candidates: ['eng_Latn'] })).toEqual({ target_language: 1 });
});

test('the first of equal pairs stays; the same source with another target is another pair', () => {
  const pairs = [
    pair('In 1948', 'En 1948'),
    pair('In 1948', 'En 1948'),
    pair('in 1948!', 'en  1948'),
    pair('In 1966', 'En 1966'),
    pair('In 1948', "Dans l'an 1948"),
    pair('In 1948', 'En 1948', 'spa_Latn'),
  ];
  expect(filterPairs(pairs, [pairDedup()]).droppedByReason).toEqual({ exact_duplicate_pair: 1 });
  const { kept, droppedByReason } = filterPairs(pairs, [pairDedup({ by: 'normalised' })]);
  expect(droppedByReason).toEqual({ normalised_duplicate_pair: 2 });
  expect(kept).toEqual([pairs[0], pairs[3], pairs[4], pairs[5]]);
});

test('a scorer gets batches, and what is below its threshold goes under its name', async () => {
  const pairs = Array.from({ length: 5 }, (_, i) => pair(`source ${i}`, `cible ${i}`));
  const batches: number[] = [];
  const scorer: PairScorer = {
    name: 'similarity',
    score: async (batch) => {
      batches.push(batch.length);
      return batch.map(({ source }) => Number(source.at(-1)));
    },
  };
  const dropped: number[] = [];
  const onDrop = (_: ParallelPair, reason: string, score: number) =>
    void (reason === 'low_similarity' && dropped.push(score));
  const { kept, droppedByReason } = await filterByScore(pairs, scorer, { minScore: 2, batchSize: 2, onDrop });
  expect(batches).toEqual([2, 2, 1]);
  expect(kept).toEqual(pairs.slice(2));
  expect(droppedByReason).toEqual({ low_similarity: 2 });
  expect(dropped).toEqual([0, 1]);
  const wrong = (scores: number[]): PairScorer => ({ name: 'wrong', score: () => scores });
  await expect(filterByScore(pairs, wrong([1]), { minScore: 0 })).rejects.toThrow(/got 1 for 5 pairs from wrong/);
  await expect(filterByScore(pairs.slice(0, 1), wrong([Number.NaN]), { minScore: 0 })).rejects.toThrow(/got NaN for/);
  await expect(filterByScore(pairs, scorer, { minScore: 0, batchSize: 0 })).rejects.toThrow(/positive integer, got 0/);
});

test('the surface scorer puts a translation above a wrong alignment', async () => {
  const right = pair('In 1948 Marie Curie was in Paris.', 'En 1948 Marie Curie était à Paris.');
  const [high, low] = await surfaceScorer.score([
    right,
    { ...right, target: 'Non! Deux? Tout ceci est vrai, dit-il, mais en 7 mots.' },
  ]);
  expect(high).toBeGreaterThan(0.8);
  expect(low).toBeLessThan(0.5);
});

test('the eleven templates read as in the paper', () => {
  const rendered = Object.fromEntries(
    Object.entries(PARALLEL_TEMPLATES).map(([name, template]) => [name, template('English', 'French', 'x', 'y')]),
  );
  expect(rendered).toEqual({
    A: 'English phrase: x\nFrench phrase: y',
    B: 'English text: x\nFrench text: y',
    C: 'Translate the text from English to French:\nEnglish text: x\nFrench text: y',
    D: 'Translate the words from English to French:\nEnglish words: x\nFrench words: y',
    E: 'Convert the phrase from English to French:\nEnglish phrase: x\nFrench phrase: y',
    F: 'Render the English sentence x to French: y',
    G: 'Provide the translation of the sentence x from English to French: y',
    H: 'Change the phrase x to French, the translated phrase is: y',
    I: 'Please change the sentence x to French, and the resulting translation is: y',
    J: 'Change the phrase x to French, resulting in: y',
    K: 'The sentence x in English means y in French',
  });
});

test('both directions, every template, the same for a seed', () => {
  const pairs = Array.from({ length: 300 }, (_, i) => pair(`source ${i}`, `cible ${i}`));
  const documents = renderParallel(pairs, { seed: 1 });
  expect(documents).toHaveLength(600);
  expect(documents.filter(({ language }) => language === 'eng_Latn')).toHaveLength(300);
  expect(new Set(documents.map(({ metadata }) => metadata.template))).toEqual(new Set(Object.keys(PARALLEL_TEMPLATES)));
  expect(renderParallel(pairs, { seed: 1 })).toEqual(documents);
  expect(renderParallel(pairs, { seed: 2 })).not.toEqual(documents);
  const name = templateOf(pairs[0]!, 1);
  expect(documents[0]!.text).toBe(PARALLEL_TEMPLATES[name]!('English', 'French', 'source 0', 'cible 0'));
});

test('several pairs fit one document, and none is lost', () => {
  const pairs = Array.from({ length: 10 }, (_, i) => pair(`source ${i}`, `cible ${i}`));
  const documents = renderParallel(pairs, { seed: 1, pairsPerDocument: 4, directions: 'forward' });
  expect(documents.map(({ metadata }) => metadata.numPairs)).toEqual([4, 4, 2]);
  const text = documents.map((document) => document.text).join('\n');
  for (const { source, target } of pairs) {
    expect(text).toContain(source);
    expect(text).toContain(target);
  }
  expect(() => renderParallel(pairs, { seed: 1, pairsPerDocument: 0 })).toThrow(/positive integer, got 0/);
});
