/**
 * A score of translation pairs by which words translate which, learned from the pairs at hand: no model to download.
 *
 * Source: IBM model 1 (Brown et al. 1993) in both directions, trained by expectation and maximization; as a feature of parallel-data
 * filters: Munteanu and Marcu 2005, Moore 2002. Each word's likelihood is divided by its frequency, so that rare words cost no more.
 * Units: nats by word, the mean of both directions; 0 where the other side says nothing about a side's words, more for translations, less for others.
 * Differs: part of each word's likelihood is its frequency, so that free translation costs a bounded amount; words never seen count where
 * the other side has the same word, and not at all otherwise.
 */
import { perplexityWords } from '../perplexity/perplexity-filter.ts';
import type { ParallelPair } from './align-paragraphs.ts';
import type { PairScorer } from './pair-scorer.ts';

/** How long and from how many pairs is learned. */
export interface TrainLexicalScorerOptions {
  /** Rounds of expectation and maximization; 5 without it. */
  readonly numIterations?: number;
  /** Pairs that are learned from, the first ones; 200,000 without it. Memory is about 100 bytes for each pair of words that meet. */
  readonly maxPairs?: number;
}

/** The share of a word's likelihood that is its frequency. */
const FREQUENCY_SHARE = 0.1;
/** Stands on every side, for words that nothing translates. */
const NULL_WORD = 0;

interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** Share of all words, by id. */
  readonly frequencies: Float64Array;
}

/** P(word | other word) by `other * V + word`, V words of this side. */
interface Direction {
  readonly translations: ReadonlyMap<number, number>;
  readonly numWords: number;
}

function countWords(sides: readonly (readonly string[])[]): Vocabulary {
  const ids = new Map<string, number>();
  const counts: number[] = [0];
  let total = 0;
  for (const words of sides) {
    for (const word of words) {
      const id = ids.get(word) ?? ids.size + 1;
      ids.set(word, id);
      counts[id] = (counts[id] ?? 0) + 1;
      total++;
    }
  }
  return { ids, frequencies: Float64Array.from(counts, (count) => count / Math.max(1, total)) };
}

const idsOf = ({ ids }: Vocabulary, words: readonly string[]): Int32Array =>
  Int32Array.from(words, (word) => ids.get(word) ?? -1);

function trainDirection(
  from: readonly Int32Array[],
  to: readonly Int32Array[],
  numWords: number,
  numIterations: number,
): Direction {
  const slots = new Map<number, number>();
  const slotOf = (other: number, word: number): number => {
    const key = other * numWords + word;
    let slot = slots.get(key);
    if (slot === undefined) {
      slot = slots.size;
      slots.set(key, slot);
    }
    return slot;
  };
  // The slots of pair p, target word by target word: first with the null word, then with each source word.
  const slotsOfPair = to.map((words, p) =>
    Int32Array.from([...words].flatMap((word) => [NULL_WORD, ...from[p]!].map((other) => slotOf(other, word)))),
  );
  const otherOf = Int32Array.from(slots.keys(), (key) => Math.floor(key / numWords));
  const numOthers = otherOf.reduce((most, other) => Math.max(most, other), 0) + 1;
  const probabilities = new Float64Array(slots.size).fill(1);
  for (let iteration = 0; iteration < numIterations; iteration++) {
    const expected = new Float64Array(slots.size);
    const totals = new Float64Array(numOthers);
    for (const [p, pairSlots] of slotsOfPair.entries()) {
      const width = from[p]!.length + 1;
      for (let start = 0; start < pairSlots.length; start += width) {
        let sum = 0;
        for (let i = start; i < start + width; i++) sum += probabilities[pairSlots[i]!]!;
        for (let i = start; i < start + width; i++) {
          const slot = pairSlots[i]!;
          const share = probabilities[slot]! / sum;
          expected[slot]! += share;
          totals[otherOf[slot]!]! += share;
        }
      }
    }
    for (let slot = 0; slot < expected.length; slot++) probabilities[slot] = expected[slot]! / totals[otherOf[slot]!]!;
  }
  for (const [key, slot] of slots) slots.set(key, probabilities[slot]!);
  return { translations: slots, numWords };
}

/** Mean over the words of one side of ln(share of frequency + rest * mean translation probability / frequency). */
function sideScore(
  { translations, numWords }: Direction,
  {
    words,
    ids,
    others,
    otherIds,
  }: Record<'words' | 'others', readonly string[]> & Record<'ids' | 'otherIds', Int32Array>,
  frequencies: Float64Array,
): number {
  let sum = 0;
  let count = 0;
  for (const [i, word] of ids.entries()) {
    if (word < 0) {
      if (others.includes(words[i]!)) {
        sum += 1;
        count++;
      }
      continue;
    }
    let probability = translations.get(NULL_WORD * numWords + word) ?? 0;
    for (const other of otherIds) if (other >= 0) probability += translations.get(other * numWords + word) ?? 0;
    const lift = probability / ((otherIds.length + 1) * frequencies[word]!);
    sum += Math.log(FREQUENCY_SHARE + (1 - FREQUENCY_SHARE) * lift);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/**
 * @param pairs of one pair of languages, as clean as there are; a few thousand are enough to find wrong alignments
 * @returns a scorer of pairs of the same languages. A pair that was learned from scores too well: learn from others.
 */
export function trainLexicalScorer(
  pairs: readonly ParallelPair[],
  { numIterations = 5, maxPairs = 200_000 }: TrainLexicalScorerOptions = {},
): PairScorer {
  const learned = pairs.slice(0, maxPairs);
  if (learned.length === 0) {
    throw new Error('[@marco-ts/data] trainLexicalScorer: there must be pairs, got none. Give at least a thousand.');
  }
  const wordsOf = (pair: ParallelPair) => ({
    source: perplexityWords(pair.source, pair.sourceLanguage),
    target: perplexityWords(pair.target, pair.targetLanguage),
  });
  const words = learned.map(wordsOf);
  const source = countWords(words.map((pair) => pair.source));
  const target = countWords(words.map((pair) => pair.target));
  const sourceIds = words.map((pair) => idsOf(source, pair.source));
  const targetIds = words.map((pair) => idsOf(target, pair.target));
  const forward = trainDirection(sourceIds, targetIds, target.frequencies.length, numIterations);
  const backward = trainDirection(targetIds, sourceIds, source.frequencies.length, numIterations);
  const score = (pair: ParallelPair): number => {
    const sides = wordsOf(pair);
    const left = { words: sides.source, ids: idsOf(source, sides.source) };
    const right = { words: sides.target, ids: idsOf(target, sides.target) };
    const toRight = { ...right, others: left.words, otherIds: left.ids };
    const toLeft = { ...left, others: right.words, otherIds: right.ids };
    return (sideScore(forward, toRight, target.frequencies) + sideScore(backward, toLeft, source.frequencies)) / 2;
  };
  return { name: 'lexical', score: (batch) => batch.map(score) };
}
