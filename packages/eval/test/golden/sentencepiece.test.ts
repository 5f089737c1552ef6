import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/evaluate.ts';
import { bleu } from '../../src/metrics/bleu.ts';
import { formatScore } from '../../src/metrics/format-score.ts';
import type { LanguageModel } from '../../src/model/language-model.ts';
import { sentencePieceTokenizer } from '../../src/sentencepiece/sentencepiece-tokenizer.ts';
import { spmTokenizer } from '../../src/sentencepiece/spm-tokenizer.ts';
import { documentTask } from '../../src/tasks/definition/document-task.ts';
import { scoreOfSums } from '../../src/tasks/metric-definition.ts';
import { findTasks } from '../../src/tasks/task-registry.ts';
import { withSpBleu } from '../../src/tasks/translation/with-spbleu.ts';

// Made by tools/goldens/sentencepiece_models.py with sentencepiece 0.2.3 and sacrebleu 2.6.0.
interface Golden {
  readonly models: Readonly<Record<string, readonly (readonly [string, readonly string[]])[]>>;
  readonly bleu: readonly {
    readonly language: string;
    readonly hypotheses: readonly string[];
    readonly references: readonly string[];
    readonly score: number;
    readonly sysLen: number;
    readonly refLen: number;
    readonly line: string;
  }[];
}
const golden: Golden = JSON.parse(readFileSync(join(import.meta.dirname, 'sentencepiece.json'), 'utf8'));
const model = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, `sentencepiece-${name}.model`));

describe.each(Object.entries(golden.models))('%s', (name, cases) => {
  test(`segments ${cases.length} texts in 25 languages as SentencePiece does`, () => {
    const { encode } = sentencePieceTokenizer(model(name));
    expect(cases.length).toBeGreaterThan(120);
    for (const [text, pieces] of cases) expect(encode(text), JSON.stringify(text)).toEqual(pieces);
  });
});

test('spBLEU is sacrebleu’s', () => {
  const tokenizer = spmTokenizer(model('unigram-nfkc'));
  for (const { language, hypotheses, references, score, sysLen, refLen, line } of golden.bleu) {
    const own = bleu(hypotheses, references, { tokenize: 'flores200', tokenizer });
    expect([own.sysLen, own.refLen], language).toEqual([sysLen, refLen]);
    expect(Math.abs(own.score - score)).toBeLessThan(1e-12 * Math.max(1, score));
    expect(formatScore(own)).toContain(line.split(' = ')[1]);
    expect(own.signature).toContain('tok:flores200');
  }
});

test('a translation task with spBLEU gives sacrebleu’s score and can be scored again without the model', async () => {
  const { hypotheses, references, score } = golden.bleu[0]!;
  const definition = withSpBleu(findTasks(['flores200_swh_Latn-eng_Latn'])[0]!, spmTokenizer(model('unigram-nfkc')));
  const rows = references.map((text) => ({ sentence_eng_Latn: text, sentence_swh_Latn: 'x' }));
  const answering: LanguageModel = {
    loglikelihood: async () => [],
    loglikelihoodRolling: async () => [],
    generateUntil: async () => [...hypotheses],
  };
  const { overall, signatures, samples, metrics } = (
    await evaluate(answering, [documentTask(definition, { devtest: rows })])
  ).tasks['flores200_swh_Latn-eng_Latn']!;
  expect(overall.metrics.spbleu!.value).toBeCloseTo(score, 10);
  expect(signatures.spbleu).toContain('tok:flores200');
  const kind = JSON.parse(JSON.stringify(metrics.spbleu!.kind));
  const sums = samples
    .map(({ statistics }) => statistics.spbleu!)
    .reduce((total, row) => total.map((value, index) => value + row[index]!));
  expect(scoreOfSums(kind)(sums)).toBeCloseTo(score, 10);
});

test('a missing model, a cut-off file and another file are named', () => {
  expect(() => bleu(['a'], ['a'], { tokenize: 'flores200' })).toThrow('flores200 SentencePiece model');
  expect(() => sentencePieceTokenizer(model('bpe').subarray(0, 999))).toThrow('a whole SentencePiece model');
  expect(() => sentencePieceTokenizer(new TextEncoder().encode('{"a": 1}'))).toThrow('parseSentencePieceModel');
});
