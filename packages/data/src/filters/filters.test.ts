import { describe, expect, test } from 'vitest';
import type { Document } from '../document.ts';
import type { Identification } from '../identify/language-identifier.ts';
import { applyFilters } from './apply-filters.ts';
import { characterShares } from './character-shares.ts';
import { createFunnel } from './create-funnel.ts';
import { type DocumentFilter, drop, KEEP } from './document-filter.ts';
import { fineWebQuality } from './fineweb-quality.ts';
import { gopherQuality } from './gopher-quality.ts';
import { gopherRepetition } from './gopher-repetition.ts';
import { languageMatch } from './language-match.ts';
import { sailCraftRepetition } from './sailcraft-repetition.ts';
import { rememberWords, splitOnWhiteSpace, splitWords } from './split-words.ts';
import { LANGUAGES_WITH_THRESHOLDS, thresholdsFor } from './thresholds/language-thresholds.ts';

const document = (text: string, language = 'eng_Latn', id = 'x'): Document => ({ id, text, language, metadata: {} });
const reason = (filter: DocumentFilter, text: string, language = 'eng_Latn'): string => {
  const verdict = filter.check(document(text, language));
  return verdict.keep ? 'keep' : verdict.reason;
};
const PROSE =
  'It is the duty of every state to protect those who live in it and to see that the law is the same for all of them. ' +
  'Nobody may be held in prison without a trial that is open to the public and that follows the rules which were known before.';

describe('gopher quality', () => {
  const filter = gopherQuality({
    thresholds: { ...thresholdsFor('eng_Latn').gopherQuality, minWords: 5, maxWords: 100 },
    splitWords: splitOnWhiteSpace,
  });
  test.each([
    [PROSE, 'keep'],
    ['too short . !', 'gopher_short_doc'],
    [PROSE.repeat(3), 'gopher_long_doc'],
    ['a b c d e f g h', 'gopher_below_avg_threshold'],
    ['incomprehensibilities '.repeat(8), 'gopher_above_avg_threshold'],
    ['# tag # with # many # more words here', 'gopher_too_many_hashes'],
    ['well... then... what... shall become... of us', 'gopher_too_many_ellipsis'],
    ['• the first of all\n- and the second with more', 'gopher_too_many_bullets'],
    [`${PROSE}\nand so on …\nto be continued...`, 'gopher_too_many_end_ellipsis'],
    ['1234 5678 9012 3456 the and of words here', 'gopher_below_alpha_threshold'],
    ['some words without any common little helper', 'gopher_enough_stop_words'],
    ['the the the the words', 'gopher_enough_stop_words'],
    ['', 'gopher_short_doc'],
  ])('%s: %s', (text, expected) => {
    expect(reason(filter, text)).toBe(expected);
  });
});

describe('gopher repetition', () => {
  const strict = {
    ...thresholdsFor('eng_Latn').gopherRepetition,
    duplicateParagraphFraction: 0.3,
    duplicateParagraphCharacterFraction: 0.2,
  };
  const filter = gopherRepetition({ thresholds: strict, splitWords: splitOnWhiteSpace });
  const long = 'one paragraph that is much longer than the others and comes twice';
  test.each([
    [PROSE, 'keep'],
    ['a b\n\na b\n\na b\n\nc d', 'dup_para_frac'],
    [`${long}\n\n${long}\n\nx\n\ny\n\nz\n\nw`, 'dup_para_char_frac'],
    ['a\nb\na\nb\na\nb\nc', 'dup_line_frac'],
    [`${long}\n${long}\nx\ny\nz\nw`, 'dup_line_char_frac'],
    ['go on go on go on go on go on', 'top_2_gram'],
    [`${PROSE} ${PROSE.slice(0, 114)}`, 'duplicated_5_n_grams'],
    ['', 'empty'],
  ])('%s: %s', (text, expected) => {
    expect(reason(filter, text)).toBe(expected);
  });
});

describe('fineweb quality', () => {
  const filter = fineWebQuality({
    thresholds: { ...thresholdsFor('eng_Latn').fineWebQuality, shortLineRatio: 0.67 },
    splitWords: splitOnWhiteSpace,
  });
  test.each([
    [PROSE, 'keep'],
    ['a title without a stop\nand a second line that has none', 'line_punct_ratio'],
    ['Short.\nLines.\nOnly.', 'short_line_ratio'],
    [`${PROSE}\n${PROSE}`, 'char_dup_ratio'],
    [`${PROSE.slice(0, 40)}.\n\n\n\n\n\n\n\n${PROSE.slice(40, 80)}.`, 'list_ratio'],
    [' \n ', 'empty'],
  ])('%s: %s', (text, expected) => {
    expect(reason(filter, text)).toBe(expected);
  });
  test('sentences end in every script', () => {
    const one = fineWebQuality({ thresholds: thresholdsFor('xxx_Latn').fineWebQuality });
    for (const end of ['。', '۔', '।', '።', '။', '։', '！', '؟', '៖'])
      expect(reason(one, `some text here${end}`)).toBe('keep');
  });
});

describe('character shares', () => {
  const filter = characterShares({
    thresholds: {
      minCharacters: 5,
      maxCharacters: 60,
      maxSpecialCharacters: 0.4,
      maxPunctuation: 0.3,
      maxDigits: 0.3,
      maxReplacementCharacters: 0.05,
    },
  });
  test.each([
    ['an ordinary sentence.', 'keep'],
    [' \n\t', 'empty'],
    ['abc', 'too_short'],
    ['x'.repeat(61), 'too_long'],
    ['br\ufffdken te\ufffdt', 'replacement_characters'],
    ['$$$ €€€ === abc', 'special_characters'],
    ['a, b, c; d! eee', 'punctuation_share'],
    ['12345 abcdef', 'digit_share'],
    ['ཀ་ཁ་ག་ང་ཅ་ཆ་', 'keep'],
    ['ሰው፡ልጅ፡ሁሉ፡ነጻ', 'keep'],
  ])('%s: %s', (text, expected) => {
    expect(reason(filter, text)).toBe(expected);
  });
});

describe('language match', () => {
  const identification = (
    language: string,
    confidence: number,
    runnerUp = 'rus_Cyrl',
    runnerUpConfidence = 0,
  ): Identification => ({
    language,
    confidence,
    runnerUp,
    runnerUpConfidence,
    script: language.slice(-4),
  });
  const check = (claimed: string, found: Identification) =>
    reason(languageMatch({ identify: () => found, minConfidence: 0.4 }), 'text', claimed);
  test('each outcome has its reason', () => {
    expect(check('ukr_Cyrl', identification('ukr_Cyrl', 0.9))).toBe('keep');
    expect(check('ukr_Cyrl', identification('ukr_Cyrl', 0.3))).toBe('language_confidence');
    expect(check('ukr_Cyrl', identification('rus_Cyrl', 0.9))).toBe('language_mismatch');
    expect(check('ukr_Cyrl', identification('rus_Cyrl', 0.5, 'ukr_Cyrl', 0.45))).toBe('keep');
    expect(check('ukr_Cyrl', identification('rus_Cyrl', 0.6, 'ukr_Cyrl', 0.2))).toBe('language_mismatch');
    expect(check('ukr_Cyrl', identification('eng_Latn', 0.9))).toBe('script_mismatch');
    const accepting = languageMatch({
      identify: () => identification('rus_Cyrl', 0.9),
      minConfidence: 0.4,
      accepts: () => true,
    });
    expect(reason(accepting, 'text', 'ukr_Cyrl')).toBe('keep');
    expect(check('und_Cyrl', identification('ukr_Cyrl', 0.9))).toBe('language_unknown');
  });
});

describe('words', () => {
  test('as Python splits on white space', () => {
    expect(splitOnWhiteSpace(' a\u00a0b\u001cc\n d ', 'eng_Latn')).toEqual(['a', 'b', 'c', 'd']);
  });
  test('by marks, by dictionary, by Ethiopic word space', () => {
    expect(splitWords("Don't stop, well-being!", 'eng_Latn')).toEqual(["Don't", 'stop', ',', 'well-being', '!']);
    expect(splitWords('人人生而自由。', 'cmn_Hans')).toContain('自由');
    expect(splitWords('มนุษย์ทั้งหลาย', 'tha_Thai').length).toBeGreaterThan(1);
    expect(splitWords('የሰው፡ልጅ', 'amh_Ethi')).toEqual(['የሰው', 'ልጅ']);
    expect(splitWords('सभी मनुष्यों', 'hin_Deva')).toEqual(['सभी', 'मनुष्यों']);
  });
  test('the last text is split once', () => {
    let calls = 0;
    const split = rememberWords((text) => {
      calls++;
      return text.split(' ');
    });
    split('a b', 'x');
    split('a b', 'x');
    expect(calls).toBe(1);
    expect(split('a c', 'x')).toEqual(['a', 'c']);
  });
});

test('the table has the paper’s languages, and defaults for others', () => {
  expect(LANGUAGES_WITH_THRESHOLDS.length).toBeGreaterThanOrEqual(29);
  expect(thresholdsFor('npi_Deva')).toMatchObject({
    languageScore: 0.896,
    gopherRepetition: {
      duplicateLineFraction: 0.155,
      topNGrams: [
        [2, 0.114],
        [3, 0.103],
        [4, 0.091],
      ],
    },
    fineWebQuality: { linePunctuationRatio: 0.125, newLineRatio: 0.278, characterDuplicatesRatio: 0.1 },
    gopherQuality: { minAverageWordLength: 3, maxAverageWordLength: 37, minAlphabeticWordsRatio: 0.824 },
  });
  expect(thresholdsFor('swh_Latn').gopherQuality.stopWords.size).toBeGreaterThan(4);
  expect(thresholdsFor('xyz_Latn').gopherQuality.stopWords.size).toBe(0);
});

describe('funnel', () => {
  const isLong: DocumentFilter = { name: 'long', check: ({ text }) => (text.length > 3 ? KEEP : drop('short')) };
  const hasA: DocumentFilter = { name: 'a', check: ({ text }) => (text.includes('a') ? KEEP : drop('no_a')) };

  test('law: kept + dropped = read, by language and in all', async () => {
    const funnel = createFunnel();
    const dropped: string[] = [];
    const documents = [
      document('aaaa'),
      document('b', 'fra_Latn'),
      document('bbbb', 'fra_Latn'),
      document('cab', 'deu_Latn'),
    ];
    const kept = await Array.fromAsync(
      applyFilters(documents, [isLong, hasA], {
        funnel,
        onDrop: ({ text }, why, filter) => dropped.push(`${text} ${why} ${filter}`),
      }),
    );
    expect(kept.map(({ text }) => text)).toEqual(['aaaa']);
    expect(dropped).toEqual(['b short long', 'bbbb no_a a', 'cab short long']);
    expect(funnel.toJson()).toEqual({
      read: 4,
      kept: 1,
      dropped: 3,
      droppedByReason: { short: 2, no_a: 1 },
      edits: {},
      languages: {
        deu_Latn: { read: 1, kept: 0, dropped: { short: 1 } },
        eng_Latn: { read: 1, kept: 1, dropped: {} },
        fra_Latn: { read: 2, kept: 0, dropped: { no_a: 1, short: 1 } },
      },
    });
    const table = funnel.toTable({ maxLanguages: 1 });
    expect(table.split('\n')).toHaveLength(4);
    expect(table).toMatch(/2 more +2 +1 +1/);
    expect(funnel.toTable({ maxReasons: 1 }).split('\n')[0]).toMatch(/language +read +kept +short +1 other reasons$/);
  });

  test('a document that is counted twice or not at all is found', () => {
    const funnel = createFunnel();
    funnel.read('eng_Latn');
    expect(() => funnel.toJson()).toThrow(/kept \+ dropped must equal read, got 0 \+ 0 for 1 documents of eng_Latn/);
    funnel.kept('eng_Latn');
    funnel.dropped('eng_Latn', 'x');
    expect(() => funnel.toJson()).toThrow(/got 1 \+ 1 for 1/);
  });

  test('a filter that throws is named with its document', async () => {
    const broken: DocumentFilter = {
      name: 'broken',
      check: () => {
        throw new Error('inside');
      },
    };
    await expect(Array.fromAsync(applyFilters([document('x', 'eng_Latn', 'doc-7')], [broken]))).rejects.toThrow(
      /filter broken .* at document doc-7/,
    );
  });
});

describe('sailcraft repetition', () => {
  const thresholds = {
    maxCharacterRepetition: 0.2,
    characterNGram: 10,
    maxWordRepetition: 0.3,
    wordNGram: 5,
    minStopWordShare: 0.2,
    stopWords: new Set(['the', 'of', 'and', 'is', 'it', 'to', 'that', 'for']),
  };
  const filter = sailCraftRepetition({ thresholds });
  test.each([
    [PROSE, 'keep'],
    ['', 'keep'],
    ['buy it now '.repeat(30), 'character_repetition'],
    [`${PROSE} ${'the cat sat on the mat and '.repeat(3)}`, 'keep'],
    ['Colourless green ideas sleep furiously under quiet northern skies tonight.', 'stop_word_share'],
  ])('%s: %s', (text, expected) => {
    expect(reason(filter, text)).toBe(expected);
  });
  test('repeated words alone', () => {
    const loose = sailCraftRepetition({ thresholds: { ...thresholds, maxCharacterRepetition: 1 } });
    expect(reason(loose, 'one of two of three of '.repeat(4))).toBe('word_repetition');
    // Every rule is off for a language without a row.
    expect(thresholdsFor('xyz_Latn').sailCraftRepetition.minStopWordShare).toBe(null);
  });
  test('the share of the most frequent n-grams is that of a count by hand', () => {
    // aaab: aa 2, ab 1 of 3 bigrams; of 2 different ones the root lets one in, and it repeats.
    const at = (maxCharacterRepetition: number) =>
      sailCraftRepetition({
        thresholds: { ...thresholds, characterNGram: 2, maxCharacterRepetition, minStopWordShare: null },
      });
    expect(reason(at(0.66), 'aaab')).toBe('character_repetition');
    expect(reason(at(0.67), 'aaab')).toBe('keep');
  });
});
