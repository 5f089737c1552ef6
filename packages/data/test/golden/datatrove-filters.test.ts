/**
 * Verdicts and reasons of three datatrove filters on real documents, against ours with the same parameters and the same word splitting.
 *
 * Source: datatrove at the commit named in datatrove_params.json, with Python's str.split() for its word tokenizer.
 * Tolerance: none; every verdict and every reason must be equal.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ENDS_SENTENCE, fineWebQuality } from '../../src/filters/fineweb-quality.ts';
import { gopherQuality } from '../../src/filters/gopher-quality.ts';
import { gopherRepetition } from '../../src/filters/gopher-repetition.ts';
import { splitOnWhiteSpace } from '../../src/filters/split-words.ts';

const root = process.env.MARCO_TEST_DATA ?? '';

interface GoldenRow {
  source: string;
  line: number;
  text_sha1: string;
  verdict: Record<'gopher_quality' | 'gopher_repetition' | 'fineweb', string>;
}

const readLines = (path: string): string[] =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

describe.skipIf(root === '')('datatrove verdicts', () => {
  test('verdicts and reasons are equal on every document whose text can be found', () => {
    const { params, fineweb_stop_chars_default: stopCharacters } = JSON.parse(
      readFileSync(join(root, 'golden/filters/datatrove_params.json'), 'utf8'),
    );
    const missing = stopCharacters.filter((character: string) => !ENDS_SENTENCE.test(character));
    expect(missing).toEqual([]);
    const quality = params.gopher_quality;
    const repetition = params.gopher_repetition;
    const fineweb = params.fineweb;
    const filters = {
      gopher_quality: gopherQuality({
        splitWords: splitOnWhiteSpace,
        thresholds: {
          minWords: quality.min_doc_words,
          maxWords: quality.max_doc_words,
          minAverageWordLength: quality.min_avg_word_length,
          maxAverageWordLength: quality.max_avg_word_length,
          maxSymbolWordRatio: quality.max_symbol_word_ratio,
          maxBulletLinesRatio: quality.max_bullet_lines_ratio,
          maxEllipsisLinesRatio: quality.max_ellipsis_lines_ratio,
          minAlphabeticWordsRatio: quality.max_non_alpha_words_ratio,
          minStopWords: quality.min_stop_words,
          stopWords: new Set(quality.stop_words),
        },
      }),
      gopher_repetition: gopherRepetition({
        splitWords: splitOnWhiteSpace,
        thresholds: {
          duplicateLineFraction: repetition.dup_line_frac,
          duplicateParagraphFraction: repetition.dup_para_frac,
          duplicateLineCharacterFraction: repetition.dup_line_char_frac,
          duplicateParagraphCharacterFraction: repetition.dup_para_char_frac,
          topNGrams: repetition.top_n_grams,
          duplicateNGrams: repetition.dup_n_grams,
        },
      }),
      fineweb: fineWebQuality({
        splitWords: splitOnWhiteSpace,
        thresholds: {
          linePunctuationRatio: fineweb.line_punct_thr,
          linePunctuationExcludeZero: fineweb.line_punct_exclude_zero,
          shortLineRatio: fineweb.short_line_thr,
          shortLineLength: fineweb.short_line_length,
          characterDuplicatesRatio: fineweb.char_duplicates_ratio,
          newLineRatio: fineweb.new_line_ratio,
        },
      }),
    };
    const rows: GoldenRow[] = readLines('golden/filters/datatrove_verdicts.jsonl').map((line) => JSON.parse(line));
    const texts = new Map<string, string>();
    for (const source of new Set(rows.map((row) => row.source))) {
      for (const line of readLines(source)) {
        const { text } = JSON.parse(line);
        texts.set(createHash('sha1').update(text).digest('hex'), text);
      }
    }
    const differences: string[] = [];
    let compared = 0;
    for (const row of rows) {
      const text = texts.get(row.text_sha1);
      if (text === undefined) continue;
      for (const [name, filter] of Object.entries(filters)) {
        const verdict = filter.check({ id: row.text_sha1, text, language: 'eng_Latn', metadata: {} });
        const ours = verdict.keep ? 'keep' : verdict.reason;
        const theirs = row.verdict[name as keyof GoldenRow['verdict']];
        compared++;
        if (ours !== theirs) differences.push(`${row.source}:${row.line} ${name}: ours ${ours}, datatrove ${theirs}`);
      }
    }
    console.log(`compared ${compared} verdicts of ${rows.length * 3}, ${differences.length} differ`);
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(1000);
  });
});
