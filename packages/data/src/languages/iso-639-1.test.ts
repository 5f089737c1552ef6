import { expect, test } from 'vitest';
import { iso6393Of, languageCodeOf } from './iso-639-1.ts';
import { MARCO_LANGUAGES } from './marco-languages.ts';

test.each([
  ['en', 'hello', 'eng_Latn'],
  ['swh_Latn', 'habari', 'swh_Latn'],
  ['zh', '这个国家的权利', 'cmn_Hans'],
  ['zh', '這個國家的權利', 'cmn_Hant'],
  ['zh', '山水', 'cmn_Hans'],
  ['sr', 'Добар дан', 'srp_Cyrl'],
  ['sr', 'Dobar dan', 'srp_Latn'],
  ['pt-BR', 'bom dia', 'por_Latn'],
  ['arz', 'صباح الخير', 'arz_Arab'],
  ['ceb', 'maayong buntag', 'ceb_Latn'],
])('%s for %s is %s', (label, text, expected) => {
  expect(languageCodeOf(label, text)).toBe(expected);
});

test('every language of the paper has a two-letter code here', () => {
  const letters = 'en zh ar de es fr ko ja pt tr bn he id it ms nl pl ru th uk ur vi cs el hu kk ro az ne'.split(' ');
  expect(letters.map(iso6393Of)).toEqual(MARCO_LANGUAGES.map(({ code }) => code.slice(0, 3)));
  expect(iso6393Of('xx')).toBe(undefined);
});
