/**
 * A score of a pair without a model: lengths, numerals, sentence ends and shared strings of characters agree.
 *
 * It tells wrong alignments, not bad wording: that takes a model of translation quality.
 * Units: 0 to 1, the mean of four agreements, each 0 to 1.
 */
import type { ParallelPair } from './align-paragraphs.ts';
import { lengthRatio, numeralSimilarity, terminalPunctuationScore } from './pair-measures.ts';
import type { PairScorer } from './pair-scorer.ts';

const CHARACTERS_PER_GRAM = 4;

function gramsOf(text: string): Set<string> {
  const letters = text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim();
  const grams = new Set<string>();
  for (let i = 0; i + CHARACTERS_PER_GRAM <= letters.length; i++) grams.add(letters.slice(i, i + CHARACTERS_PER_GRAM));
  return grams;
}

/** Share of the smaller side's character 4-grams that the other side has: names and cognates. */
function sharedGrams({ source, target }: ParallelPair): number {
  const left = gramsOf(source);
  const right = gramsOf(target);
  const smaller = Math.min(left.size, right.size);
  let numShared = 0;
  for (const gram of left) if (right.has(gram)) numShared++;
  return smaller === 0 ? 0 : numShared / smaller;
}

const surfaceScore = (pair: ParallelPair): number =>
  (1 / lengthRatio(pair) + numeralSimilarity(pair) + Math.exp(terminalPunctuationScore(pair)) + sharedGrams(pair)) / 4;

/** Pairs whose side is empty score NaN: drop them with `parallelFilters` first. */
export const surfaceScorer: PairScorer = {
  name: 'surface_agreement',
  score: (pairs) => pairs.map(surfaceScore),
};
