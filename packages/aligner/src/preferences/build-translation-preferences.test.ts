import { expect, test } from 'vitest';
import { toyParagraphs } from '../../test/toy-corpus.ts';
import { buildTranslationPreferences } from './build-translation-preferences.ts';

const byText = (text: string) => toyParagraphs.filter((paragraph) => paragraph.text === text);

test('every rejected answer is wrong in the way its kind says, and kinds are balanced by language', () => {
  const { pairs, counts, skipped } = buildTranslationPreferences({ paragraphs: toyParagraphs, seed: 1 });
  expect(pairs.length).toBe(72);
  expect(skipped).toEqual({});
  for (const { prompt, chosen, rejected, language, kind } of pairs) {
    const target = byText(chosen);
    expect(prompt.length).toBe(1);
    expect(rejected).not.toBe(chosen);
    const pivotIsAnswer = target.some((paragraph) => paragraph.language === 'eng_Latn');
    expect(pivotIsAnswer || target.some((paragraph) => paragraph.language === language)).toBe(true);
    if (kind === 'truncated') {
      expect(chosen.startsWith(rejected)).toBe(true);
      expect(rejected).not.toMatch(/[.\s]$/);
      expect(rejected.length / chosen.length).toBeGreaterThan(0.15);
      expect(rejected.length / chosen.length).toBeLessThan(0.85);
    } else if (kind === 'wrong_language') {
      const shared = byText(rejected).filter((other) =>
        target.some(({ paragraphId }) => paragraphId === other.paragraphId),
      );
      expect(shared.length).toBeGreaterThan(0);
      expect(shared.some((other) => target.some((paragraph) => paragraph.language === other.language))).toBe(false);
      expect(prompt[0]!.content.includes(rejected)).toBe(false);
    } else {
      expect(kind).toBe('other_article');
      const sameLanguage = byText(rejected).filter((other) =>
        target.some((paragraph) => paragraph.language === other.language),
      );
      expect(sameLanguage.some((other) => target.every(({ articleId }) => articleId !== other.articleId))).toBe(true);
    }
  }
  expect(counts).toEqual(
    Object.fromEntries(
      ['deu_Latn', 'swh_Latn', 'rus_Cyrl'].map((language) => [
        language,
        { wrong_language: 8, truncated: 8, other_article: 8 },
      ]),
    ),
  );
});

test('a kind that cannot be made gives way to the next; where none can, the pair is counted as skipped', () => {
  const twoLanguages = toyParagraphs.filter(({ language }) => language === 'eng_Latn' || language === 'deu_Latn');
  const { counts } = buildTranslationPreferences({ paragraphs: twoLanguages, seed: 1 });
  expect(counts.deu_Latn).toEqual({ truncated: 12, other_article: 12 });
  const short = twoLanguages.slice(0, 2).map((paragraph) => ({ ...paragraph, text: `one ${paragraph.language}` }));
  expect(buildTranslationPreferences({ paragraphs: short, seed: 1 })).toEqual({
    pairs: [],
    counts: {},
    skipped: { deu_Latn: 2 },
  });
});

test('is decided by the seed, keeps limits, refuses unknown kinds', () => {
  const options = { paragraphs: toyParagraphs, seed: 5, maxPerLanguage: 3 };
  const first = buildTranslationPreferences(options);
  expect(first.pairs.length).toBe(9);
  expect(buildTranslationPreferences(options)).toEqual(first);
  expect(buildTranslationPreferences({ ...options, seed: 6 })).not.toEqual(first);
  expect(() => buildTranslationPreferences({ ...options, kinds: ['worse' as never] })).toThrow(/kinds must be some of/);
});
