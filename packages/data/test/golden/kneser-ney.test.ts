/**
 * Models trained here against a direct computation by definition, and scores of an ARPA file against KenLM's.
 *
 * Source: tools/goldens/kneser_ney.py (kenlm 0.3.0). Tolerance: 1e-6 on log10 probabilities, which are stored as float32.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readArpa, writeArpa } from '../../src/perplexity/arpa-file.ts';
import { trainNGramModel } from '../../src/perplexity/train-ngram-model.ts';

interface Golden {
  readonly sentences: readonly (readonly string[])[];
  readonly tests: readonly (readonly string[])[];
  readonly models: readonly {
    readonly order: number;
    readonly numNGrams: readonly number[];
    readonly scores: readonly (readonly number[])[];
  }[];
  readonly arpa: string;
  readonly arpaTests: readonly (readonly string[])[];
  readonly arpaScores: readonly (readonly (readonly [logProb: number, length: number, isUnknown: boolean])[])[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('kneser-ney.json', import.meta.url), 'utf8'));

const expectClose = (ours: Float64Array, theirs: readonly number[], tolerance: number): void => {
  expect(ours).toHaveLength(theirs.length);
  for (const [index, value] of theirs.entries()) expect(Math.abs(ours[index]! - value)).toBeLessThan(tolerance);
};

test.each(golden.models)('modified Kneser-Ney of order $order, before and after an ARPA file', async (expected) => {
  const model = trainNGramModel(golden.sentences, { order: expected.order, fallbackDiscounts: [0.5, 1, 1.5] });
  expect(model.numNGrams).toEqual(expected.numNGrams);
  const again = await readArpa(writeArpa(model));
  for (const [index, words] of golden.tests.entries()) {
    expectClose(model.wordLogProbs(words), expected.scores[index]!, 1e-6);
    expect(again.wordLogProbs(words)).toEqual(model.wordLogProbs(words));
  }
});

test('an ARPA file scores as KenLM scores it', async () => {
  const model = await readArpa(golden.arpa.split('\n'));
  for (const [index, words] of golden.arpaTests.entries()) {
    const theirs = golden.arpaScores[index]!;
    expectClose(
      model.wordLogProbs(words),
      theirs.map(([logProb]) => logProb),
      1e-6,
    );
    expect(model.scoreSentence(words).numUnknown).toBe(theirs.filter(([, , isUnknown]) => isUnknown).length);
  }
});
