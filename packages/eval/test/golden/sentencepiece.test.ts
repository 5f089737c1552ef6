import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bleu } from '../../src/metrics/bleu.ts';
import { formatScore } from '../../src/metrics/format-score.ts';
import { sentencePieceTokenizer } from '../../src/sentencepiece/sentencepiece-tokenizer.ts';
import { spmTokenizer } from '../../src/sentencepiece/spm-tokenizer.ts';

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

test('a missing model, a cut-off file and another file are named', () => {
  expect(() => bleu(['a'], ['a'], { tokenize: 'flores200' })).toThrow('flores200 SentencePiece model');
  expect(() => sentencePieceTokenizer(model('bpe').subarray(0, 999))).toThrow('a whole SentencePiece model');
  expect(() => sentencePieceTokenizer(new TextEncoder().encode('{"a": 1}'))).toThrow('parseSentencePieceModel');
});
