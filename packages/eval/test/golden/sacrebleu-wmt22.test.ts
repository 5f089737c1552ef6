import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bleu, sentenceBleu } from '../../src/metrics/bleu.ts';
import type { BleuTokenizerName } from '../../src/metrics/bleu-tokenizers.ts';
import { chrf, sentenceChrf } from '../../src/metrics/chrf.ts';
import { ter } from '../../src/metrics/ter.ts';
import { pythonFixed } from '../../src/python-text.ts';

// Real WMT22 systems scored by sacrebleu 2.6.0; found through MARCO_TEST_DATA, too large to keep here.
const folder = process.env.MARCO_TEST_DATA ? join(process.env.MARCO_TEST_DATA, 'golden', 'sacrebleu') : '';
const files = folder && existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('wmt22.')) : [];

interface Expected {
  readonly score: number;
  readonly signature: string;
  readonly precisions?: number[];
  readonly bp?: number;
  readonly sys_len?: number;
  readonly ref_len?: number;
}
interface Wmt {
  readonly references: Record<string, string[]>;
  readonly systems: Record<string, { hypotheses: string[]; scores: Record<string, Expected | number[]> }>;
}

const same = (actual: number, expected: number, what: string): void => {
  expect(pythonFixed(actual, 9), what).toBe(pythonFixed(expected, 9));
};

test.skipIf(files.length === 0)('WMT22 systems score as sacrebleu scored them', () => {
  let numScores = 0;
  for (const file of files) {
    const { references, systems }: Wmt = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const streams = Object.values(references);
    for (const [system, { hypotheses, scores }] of Object.entries(systems)) {
      for (const [name, expected] of Object.entries(scores)) {
        const what = `${file} ${system} ${name}`;
        numScores++;
        if (Array.isArray(expected)) {
          for (const [index, value] of expected.entries()) {
            const own = [streams[0]![index]!];
            const score = name.includes('chrf')
              ? sentenceChrf(hypotheses[index]!, own)
              : sentenceBleu(hypotheses[index]!, own, sentenceOptions(scores));
            same(score.score, value, `${what} ${index}`);
          }
          continue;
        }
        const used = name.endsWith('multiref') ? streams : [streams[0]!];
        const field = (key: string): string => new RegExp(`\\|${key}:([^|]+)`).exec(expected.signature)![1]!;
        const score = name.startsWith('bleu')
          ? bleu(hypotheses, used, { tokenize: field('tok') as BleuTokenizerName })
          : name.startsWith('chrf')
            ? chrf(hypotheses, used, { wordOrder: Number(field('nw')) })
            : ter(hypotheses, used);
        same(score.score, expected.score, what);
        expect(score.signature.replace('+ts', ''), what).toBe(expected.signature);
        if (expected.precisions) {
          expect(score, what).toMatchObject({
            precisions: expected.precisions,
            sysLen: expected.sys_len,
            refLen: expected.ref_len,
          });
          same('bp' in score ? Number(score.bp) : Number.NaN, expected.bp!, `${what} bp`);
        }
      }
    }
  }
  expect(numScores).toBeGreaterThan(100);
});

/** Sentence scores were made with the tokenizer of the pair's first corpus score. */
function sentenceOptions(scores: Record<string, Expected | number[]>): { tokenize: BleuTokenizerName } {
  const { signature } = scores.bleu_ref1 as Expected;
  return { tokenize: /\|tok:([^|]+)/.exec(signature)![1] as BleuTokenizerName };
}
