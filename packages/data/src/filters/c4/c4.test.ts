import { expect, test } from 'vitest';
import { applyFilters } from '../apply-filters.ts';
import { createFunnel } from '../create-funnel.ts';
import type { DocumentFilter } from '../document-filter.ts';
import { urlFilter } from '../url/url-filter.ts';
import { badWords, parseWordList } from './bad-words.ts';
import { C4_QUALITY, c4Quality } from './c4-quality.ts';
import { countSentences } from './count-sentences.ts';

const document = (text: string, language = 'eng_Latn', id = 'x') => ({ id, text, language, metadata: {} });
const reason = (filter: DocumentFilter, text: string, language = 'eng_Latn', id = 'x'): string => {
  const verdict = filter.check(document(text, language, id));
  return verdict.keep ? 'keep' : verdict.reason;
};

test.each([
  ['', 0],
  ['no mark', 1],
  ['One. Two! Three?', 3],
  ['He left (at noon.) She stayed.', 2],
  ['Pi is 3.14.', 1],
  ['一。二！三？', 3],
  ['यह एक है। वह दो है।', 2],
])('%s has %i sentences', (text, expected) => {
  expect(countSentences(text, 'x')).toBe(expected);
});

test('lines that are taken out are counted by language, and the next filter sees what is left', async () => {
  const funnel = createFunnel();
  const seen: string[] = [];
  const sees: DocumentFilter = {
    name: 'sees',
    check: ({ text }) => {
      seen.push(text);
      return { keep: true };
    },
  };
  const text = 'This line stays as it is.\nHome\nUse cookies if you like them.\nJavascript must be on here.';
  const kept = await Array.fromAsync(
    applyFilters([document(text)], [c4Quality({ thresholds: { ...C4_QUALITY, minSentences: 1 } }), sees], { funnel }),
  );
  expect(kept).toEqual([document('This line stays as it is.')]);
  expect(seen).toEqual(['This line stays as it is.']);
  const edits = { line_no_terminal_punctuation: 1, line_policy: 1, line_javascript: 1 };
  expect(funnel.toJson()).toMatchObject({ kept: 1, edits, languages: { eng_Latn: { edits } } });
  const sum = createFunnel();
  sum.add(funnel.toJson());
  sum.add(funnel.toJson());
  expect(sum.toJson()).toMatchObject({ read: 2, kept: 2, edits: { line_policy: 2 } });
});

test('end marks of other scripts count on request', () => {
  const text = 'यह पहला लंबा वाक्य है।';
  const thresholds = { ...C4_QUALITY, minSentences: 1 };
  expect(reason(c4Quality({ thresholds }), text)).toBe('too_few_sentences');
  expect(reason(c4Quality({ thresholds: { ...thresholds, terminalPunctuation: 'any' } }), text)).toBe('keep');
});

test('word lists are read a line each, and a share of hits can be kept', () => {
  expect(parseWordList('one\r\n\n two words \n')).toEqual(['one', 'two words']);
  const lists = new Map([['eng_Latn', ['darn']]]);
  expect(reason(badWords({ lists }), 'darn', 'fra_Latn')).toBe('keep');
  const half = badWords({ lists, keepFraction: 0.5 });
  const verdicts = Array.from({ length: 400 }, (_, i) => reason(half, 'darn', 'eng_Latn', `${i}`));
  const numKept = verdicts.filter((verdict) => verdict === 'keep').length;
  expect(Math.abs(numKept - 200)).toBeLessThan(40);
  expect(verdicts).toEqual(Array.from({ length: 400 }, (_, i) => reason(half, 'darn', 'eng_Latn', `${i}`)));
});

test('documents without an address are kept, comments in lists are skipped', () => {
  const filter = urlFilter({ domains: ['# a comment', '', 'bad.com'], urlOf: ({ id }) => id });
  expect(reason(filter, 'x', 'eng_Latn', '')).toBe('keep');
  expect(reason(filter, 'x', 'eng_Latn', 'https://www.bad.com')).toBe('url_domain');
  expect(reason(filter, 'x', 'eng_Latn', 'not an address')).toBe('keep');
  // Host names know no capitals; datatrove misses this one.
  expect(reason(filter, 'x', 'eng_Latn', 'https://BAD.com/x')).toBe('url_domain');
});
