import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bleu, bleuMetric, sentenceBleu } from '../../src/metrics/bleu.ts';
import type { BleuTokenizerName } from '../../src/metrics/bleu-tokenizers.ts';
import { chrf } from '../../src/metrics/chrf.ts';
import { ter } from '../../src/metrics/ter.ts';
import { tercomTokenizer } from '../../src/metrics/tercom-tokenizer.ts';

// The cases of sacrebleu's own unit tests, to the precision that they are written with; found through MARCO_TEST_DATA.
const path = process.env.MARCO_TEST_DATA
  ? join(process.env.MARCO_TEST_DATA, 'golden', 'sacrebleu', 'unit_cases.json')
  : '';
const present = path !== '' && existsSync(path);
const cases = present ? JSON.parse(readFileSync(path, 'utf8')) : null;
const emptyReference = 'score' as const;
type Smoothing = 'exp' | 'floor' | 'add-k' | 'none';

describe.skipIf(!present)("sacrebleu's own cases", () => {
  test('BLEU of corpora', () => {
    const {
      test_corpus_bleu_cases: corpora,
      test_bleu_max_order: orders,
      test_case_statistics: statistics,
    } = cases.test_bleu;
    for (const [hypotheses, references, { tokenize }, score] of corpora) {
      expect(bleu(hypotheses, references, { tokenize, emptyReference }).score).toBeCloseTo(score, 5);
    }
    for (const [maxNgramOrder, hypotheses, references, score] of orders) {
      expect(bleu(hypotheses, references, { maxNgramOrder }).score.toFixed(2)).toBe(score);
    }
    for (const [hypotheses, references, [counts, totals]] of statistics) {
      expect(bleu(hypotheses, references)).toMatchObject({ counts, totals });
    }
    expect(corpora.length + orders.length + statistics.length).toBeGreaterThan(10);
  });

  test('BLEU of sums', () => {
    const { test_case_scoring: scoring, test_case_degenerate_stats: degenerate } = cases.test_bleu;
    const metric = bleuMetric({ smoothMethod: 'none' });
    for (const [[[counts, totals], sysLen, refLen], score] of scoring) {
      expect(metric.scoreFromSums([sysLen, refLen, ...counts, ...totals]).score / 100).toBeCloseTo(score, 8);
    }
    for (const [[[counts, totals], sysLen, refLen], smoothValue, score] of degenerate) {
      const floor = bleuMetric({ smoothMethod: 'floor', smoothValue });
      expect(floor.scoreFromSums([sysLen, refLen, ...counts, ...totals]).score / 100).toBeCloseTo(score, 8);
    }
  });

  test('BLEU of sentences', () => {
    const { REF, SYS, test_cases: smoothed, REF_0, SYS_0, test_cases_zero_bleu: zero } = cases.test_sentence_bleu;
    const check = (
      hypothesis: string,
      reference: string,
      list: [Smoothing, number | null, boolean, BleuTokenizerName, number][],
    ) => {
      for (const [smoothMethod, smoothValue, lowercase, tokenize, score] of list) {
        const options = { smoothMethod, smoothValue: smoothValue ?? undefined, lowercase, tokenize };
        expect(Math.abs(sentenceBleu(hypothesis, [reference], options).score - score)).toBeLessThan(1e-3);
      }
      expect(list.length).toBeGreaterThan(5);
    };
    check(SYS, REF, smoothed);
    check(SYS_0, REF_0, zero);
  });

  test('chrF', () => {
    const {
      test_sentence_level_chrf: sentences,
      test_cases: smoothed,
      test_cases_effective_order: effective,
      test_cases_keep_whitespace: spaces,
    } = cases.test_chrf;
    const check = (hypotheses: string[], references: string[], options: object, score: number) =>
      expect(Math.abs(chrf(hypotheses, references, options).score - score)).toBeLessThan(1e-4);
    for (const [hypotheses, references, score] of smoothed)
      check(hypotheses, references, { epsSmoothing: true, beta: 3 }, score);
    for (const [hypotheses, references, score] of effective) check(hypotheses, references, {}, score);
    for (const [hypotheses, references, score] of spaces)
      check(hypotheses, references, { whitespace: true, epsSmoothing: true, beta: 3 }, score);
    for (const [hypothesis, references, score] of sentences)
      check([hypothesis], references, { epsSmoothing: true }, score);
    expect(smoothed.length + effective.length + spaces.length + sentences.length).toBeGreaterThan(20);
  });

  test('TER and its tokenizer', () => {
    for (const [hypotheses, references, score] of cases.test_ter.test_cases) {
      expect(Math.abs(ter(hypotheses, references, { emptyReference }).score / 100 - score)).toBeLessThan(1e-3);
    }
    const tokenizers = cases.test_tokenizer_ter;
    for (const [options, list] of [
      [{}, tokenizers.test_cases_default],
      [{ noPunct: true }, tokenizers.test_cases_no_punct],
      [{ normalized: true }, tokenizers.test_cases_norm],
      [{ normalized: true, asianSupport: true }, tokenizers.test_cases_asian],
    ]) {
      for (const [text, tokens] of list) expect(tercomTokenizer(options)(text).join(' ')).toBe(tokens);
    }
  });
});
