import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BleuOptions } from '../../src/metrics/bleu.ts';
import { bleu, sentenceBleu } from '../../src/metrics/bleu.ts';
import type { ChrfOptions } from '../../src/metrics/chrf.ts';
import { chrf, sentenceChrf } from '../../src/metrics/chrf.ts';
import { formatScore } from '../../src/metrics/format-score.ts';
import { sentenceTer, type TerOptions, ter } from '../../src/metrics/ter.ts';

// Made by tools/goldens/sacrebleu_cases.py with sacrebleu 2.6.0. Lengths, counts and printed lines are equal; scores within 1e-12
// relative, since exp and log may differ in their last bit between C libraries.
interface Corpus {
  readonly language: string;
  readonly hypotheses: string[];
  readonly references: (string | null)[][];
  readonly cases: {
    metric: 'bleu' | 'chrf' | 'ter';
    options: object;
    expected: Record<string, unknown> & { score: number; line: string };
  }[];
  readonly sentences: Record<'bleu' | 'bleuFloor' | 'chrf' | 'chrf++' | 'ter', number[]>;
}
const golden: { sacrebleu: string; corpora: Corpus[] } = JSON.parse(
  readFileSync(new URL('./sacrebleu-cases.json', import.meta.url), 'utf8'),
);
const close = (actual: number, expected: number, what: string): void => {
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
    1e-12 * Math.abs(expected),
  );
};
const emptyReference = 'score' as const;

test('the file holds at least 200 cases in at least 20 languages', () => {
  const languages = golden.corpora.filter(({ language }) => language.includes('_'));
  expect(languages.length).toBeGreaterThanOrEqual(20);
  expect(languages.flatMap(({ cases }) => cases).length).toBeGreaterThanOrEqual(200);
});

test.each(golden.corpora)(
  'corpus scores, parts and printed lines of $language',
  ({ language, hypotheses, references, cases }) => {
    for (const { metric, options, expected } of cases) {
      const what = `${language} ${metric} ${JSON.stringify(options)}`;
      const score =
        metric === 'bleu'
          ? bleu(hypotheses, references, { ...(options as BleuOptions), emptyReference })
          : metric === 'chrf'
            ? chrf(hypotheses, references, { ...(options as ChrfOptions), emptyReference })
            : ter(hypotheses, references, { ...(options as TerOptions), emptyReference });
      const { score: expectedScore, line, bp, ...exact } = expected;
      expect(score, what).toMatchObject(exact);
      close(score.score, expectedScore, what);
      if (typeof bp === 'number') close('bp' in score ? Number(score.bp) : Number.NaN, bp, `${what} bp`);
      expect(formatScore(score).replace('+ts', ''), what).toBe(line);
    }
  },
);

test.each(golden.corpora)('sentence scores of $language', ({ language, hypotheses, references, sentences }) => {
  for (const [index, hypothesis] of hypotheses.entries()) {
    const own = references.map((stream) => stream[index]!).filter((line) => line !== null);
    const at = `${language} ${index}`;
    close(sentenceBleu(hypothesis, own, { emptyReference }).score, sentences.bleu[index]!, `${at} bleu`);
    const floor = { smoothMethod: 'floor', effectiveOrder: false, emptyReference } as const;
    close(sentenceBleu(hypothesis, own, floor).score, sentences.bleuFloor[index]!, `${at} bleu floor`);
    close(sentenceChrf(hypothesis, own, { emptyReference }).score, sentences.chrf[index]!, `${at} chrf`);
    close(
      sentenceChrf(hypothesis, own, { wordOrder: 2, emptyReference }).score,
      sentences['chrf++'][index]!,
      `${at} chrf++`,
    );
    close(sentenceTer(hypothesis, own, { emptyReference }).score, sentences.ter[index]!, `${at} ter`);
  }
});
