import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Document } from '../document.ts';
import { loadFastText } from '../identify/fasttext/fasttext-model.ts';
import { writeArpa } from '../perplexity/arpa-file.ts';
import { encodeNGramModel } from '../perplexity/ngram-model-file.ts';
import { documentPerplexity } from '../perplexity/perplexity-filter.ts';
import { trainNGramModel } from '../perplexity/train-ngram-model.ts';
import { checkDataPlan } from './check-data-plan.ts';
import { createDocumentSteps, type PlannedDocumentStep } from './create-document-steps.ts';

const FASTTEXT = resolve(import.meta.dirname, '../../test/golden/fasttext/softmax.bin');
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'steps-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const document = (text: string, language = 'eng_Latn'): Document => ({
  id: text.slice(0, 9),
  text,
  language,
  metadata: {},
});

/** What one step of a plan answers: the reason of a drop, or the document. */
async function apply(step: object, given: Document): Promise<string | Document> {
  const checked = checkDataPlan({ name: 'x', inputs: [{ path: 'in' }], output: 'o', steps: [step, 'write'] });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  const { plan } = checked;
  const [made] = await createDocumentSteps([plan.steps[0] as PlannedDocumentStep], { plan, trainedIdentifier: '' });
  const result = await made!.apply(given);
  return result.keep ? result.document : result.reason;
}

test('perplexity: the same verdicts from ARPA and from the own file, limits by language', async () => {
  const lines = ['the house is on the hill', 'the road is by the river', 'the house is by the road'];
  const model = trainNGramModel(
    lines.map((line) => line.split(' ')),
    { order: 2, fallbackDiscounts: [0.5, 1, 1.5] },
  );
  await writeFile(join(directory, 'eng.arpa'), [...writeArpa(model)].join('\n'));
  await writeFile(join(directory, 'eng.ngrams'), encodeNGramModel(model));
  const [usual, odd] = [document('the house is by the river'), document('river river hill hill by by')];
  const modelOf = () => model;
  const [low, high] = [documentPerplexity(usual, { modelOf })!, documentPerplexity(odd, { modelOf })!];
  expect(low).toBeLessThan(high);
  for (const file of ['eng.arpa', 'eng.ngrams']) {
    const step = {
      step: 'perplexity',
      models: { eng_Latn: join(directory, file) },
      limits: { default: { max: (low + high) / 2 }, eng_Latn: { min: low / 2 } },
    };
    expect(await apply(step, usual)).toEqual(usual);
    expect(await apply(step, odd)).toBe('perplexity_high');
    expect(await apply({ ...step, limits: { eng_Latn: { min: high * 2 } } }, odd)).toBe('perplexity_low');
    expect(await apply(step, { ...odd, language: 'swh_Latn' })).toMatchObject({ language: 'swh_Latn' });
  }
});

test('quality: a fastText label, and a module that answers later; the score is kept', async () => {
  const text = document('a text of some words');
  const model = loadFastText(FASTTEXT);
  const [best] = model.predict(text.text);
  const step = { step: 'quality', model: FASTTEXT, label: best!.label, minScore: best!.probability - 0.01 };
  expect(await apply(step, text)).toMatchObject({
    metadata: { quality_score: Math.round(best!.probability * 1e4) / 1e4 },
  });
  expect(await apply({ ...step, minScores: { eng_Latn: best!.probability + 0.01 } }, text)).toBe('quality_low');
  await expect(apply({ ...step, label: 'nothing' }, text)).rejects.toThrow(/label must be one of the model's/);

  const module = join(directory, 'scorer.mjs');
  await writeFile(module, 'export default async ({ text }) => text.length;\n');
  const own = { step: 'quality', model: module, minScore: 5, field: 'length' };
  expect(await apply(own, text)).toMatchObject({ metadata: { length: text.text.length } });
  expect(await apply(own, document('abc'))).toBe('quality_low');
  await writeFile(join(directory, 'bad.mjs'), 'export default () => Number.NaN;\n');
  await expect(apply({ ...own, model: join(directory, 'bad.mjs') }, text)).rejects.toThrow(/must be a finite number/);
});

test('identify: a fastText file that the user brings', async () => {
  const text = document('a text of some words', 'und_Zyyy');
  const [best] = loadFastText(FASTTEXT).predict(text.text);
  const found = await apply({ step: 'identify', model: FASTTEXT, minScore: 0 }, text);
  expect(found).toMatchObject({ metadata: { language_score: Math.round(best!.probability * 1e4) / 1e4 } });
  expect((found as Document).language).toMatch(new RegExp(`^${best!.label.slice(0, 3)}|_Latn$`));
  expect(await apply({ step: 'identify', model: FASTTEXT, minScore: 1 }, text)).toBe('language_confidence');
});

test('badWords from a folder and from lists; c4Paragraph', async () => {
  await mkdir(join(directory, 'lists'));
  await writeFile(join(directory, 'lists', 'en'), 'vile\n');
  await writeFile(join(directory, 'more.txt'), 'nasty thing\n');
  const step = {
    step: 'badWords',
    folder: join(directory, 'lists'),
    lists: { eng_Latn: [join(directory, 'more.txt')] },
  };
  expect(await apply(step, document('a vile word'))).toBe('bad_words');
  expect(await apply(step, document('a nasty thing'))).toBe('bad_words');
  expect(await apply(step, document('a good word'))).toMatchObject({ text: 'a good word' });
  await expect(apply({ step: 'badWords', folder: join(directory, 'none') }, document('a'))).rejects.toThrow(
    /badWords must have lists/,
  );
  const paragraphs = { step: 'c4Paragraph', minParagraphs: 2, minParagraphLength: 4 };
  expect(await apply(paragraphs, document('long\nlonger'))).toMatchObject({ text: 'long\nlonger' });
  expect(await apply(paragraphs, document('long\nno'))).toBe('too_few_paragraphs');
});
