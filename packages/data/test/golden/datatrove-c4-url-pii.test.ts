/**
 * C4, URL and bad-word verdicts and masked texts of datatrove on small texts, against ours with the same options.
 *
 * Source: tools/goldens/datatrove_filters.py (datatrove 0.10.1). Tolerance: none.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BAD_WORD_FILES, badWords } from '../../src/filters/c4/bad-words.ts';
import { c4Paragraph } from '../../src/filters/c4/c4-paragraph.ts';
import { C4_QUALITY, c4Quality } from '../../src/filters/c4/c4-quality.ts';
import type { DocumentFilter } from '../../src/filters/document-filter.ts';
import { urlFilter } from '../../src/filters/url/url-filter.ts';
import { maskPersonalData } from '../../src/normalize/mask-personal-data.ts';

interface Golden {
  readonly documents: readonly string[];
  readonly c4_quality: readonly {
    readonly options: Readonly<Record<string, number | boolean>>;
    readonly verdicts: readonly (readonly [reason: string, text: string])[];
  }[];
  readonly c4_paragraph: readonly string[];
  readonly url_options: Readonly<Record<string, readonly string[]>>;
  readonly urls: readonly (readonly [url: string, reason: string])[];
  readonly bad_word_lists: Readonly<Record<string, readonly string[]>>;
  readonly bad_words: readonly (readonly [language: string, text: string, reason: string])[];
  readonly pii: readonly (readonly [text: string, masked: string])[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('datatrove-filters.json', import.meta.url), 'utf8'));

const check = (filter: DocumentFilter, text: string, language = 'eng_Latn', url = ''): readonly [string, string] => {
  const verdict = filter.check({ id: 'x', text, language, metadata: { url } });
  return verdict.keep ? ['keep', verdict.text ?? text] : [verdict.reason, ''];
};
const limit = (value: number | boolean | undefined, otherwise: number | null): number | null =>
  value === undefined ? otherwise : value === -1 ? null : Number(value);
const countSentences = (line: string): number => line.split(/(?<=[.!?])\s+/).filter((part) => part !== '').length;

test.each(golden.c4_quality)('C4 quality with $options: verdict and remaining text', ({ options, verdicts }) => {
  const filter = c4Quality({
    countSentences,
    thresholds: {
      minSentences: limit(options.min_num_sentences, C4_QUALITY.minSentences),
      minWordsPerLine: limit(options.min_words_per_line, C4_QUALITY.minWordsPerLine),
      maxWordLength: limit(options.max_word_length, C4_QUALITY.maxWordLength),
      terminalPunctuation: options.filter_no_terminal_punct === false ? null : 'latin',
      removeCitations: options.remove_citations !== false,
      dropLoremIpsum: options.filter_lorem_ipsum !== false,
      removeJavascriptLines: options.filter_javascript !== false,
      dropCurlyBrackets: options.filter_curly_bracket !== false,
      removePolicyLines: options.filter_policy !== false,
    },
  });
  expect(golden.documents.map((text) => check(filter, text))).toEqual(verdicts);
  expect(new Set(verdicts.map(([reason]) => reason)).size).toBeGreaterThan(0);
});

test('C4 paragraphs', () => {
  const verdicts = golden.c4_paragraph.map((reason) => (reason === '< 3 paragraphs' ? 'too_few_paragraphs' : reason));
  expect(golden.documents.map((text) => check(c4Paragraph(), text)[0])).toEqual(verdicts);
});

const URL_REASONS: Readonly<Record<string, string>> = {
  keep: 'keep',
  domain: 'url_domain',
  subdomain: 'url_subdomain',
  url: 'url_listed',
  hard_blacklisted: 'url_hard_word',
  soft_blacklisted: 'url_soft_words',
  blacklisted_subword: 'url_subword',
};

test('addresses', () => {
  const options = golden.url_options;
  const filter = urlFilter({
    domains: options.extra_domains!,
    urls: options.extra_urls!,
    bannedWords: options.banned_words!,
    bannedSubwords: options.banned_subwords!,
    softBannedWords: options.soft_banned_words!,
  });
  const ours = golden.urls.map(([url]) => [url, check(filter, '', 'eng_Latn', url)[0]]);
  expect(ours).toEqual(golden.urls.map(([url, reason]) => [url, URL_REASONS[reason]]));
  expect(new Set(ours.map(([, reason]) => reason)).size).toBe(7);
});

test('bad words', () => {
  const lists = new Map(Object.entries(golden.bad_word_lists).map(([file, words]) => [BAD_WORD_FILES[file]!, words]));
  const ours = golden.bad_words.map(([language, text]) => [
    language,
    text,
    check(badWords({ lists }), text, BAD_WORD_FILES[language]!)[0],
  ]);
  const renamed = (reason: string): string => (reason === 'document_removed_with_badwords' ? 'bad_words' : reason);
  expect(ours).toEqual(golden.bad_words.map(([language, text, reason]) => [language, text, renamed(reason)]));
});

test('mail and IPv4 addresses', () => {
  const kinds = new Set(['email', 'ip_address'] as const);
  expect(golden.pii.map(([text]) => [text, maskPersonalData(text, { kinds }).text])).toEqual(golden.pii);
});
