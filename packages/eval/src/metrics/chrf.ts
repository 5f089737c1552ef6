/**
 * chrF and chrF++: F-score of character n-grams, and of word n-grams where `wordOrder` says so.
 *
 * Source: Popovic 2015 (W15-3049) and 2017 (W17-4770); numbers and signature of sacrebleu 2.6.0.
 * Units: score in 0..100; characters are Unicode code points. Statistics rows: [hyp, ref, match] per order, characters then words.
 */
import { inputError } from '../input-error.ts';
import { pythonSplit, removeWhitespace } from '../python-text.ts';
import {
  type CorpusMetric,
  type EmptyReference,
  formatSignature,
  numReferences,
  type References,
  scoreCorpus,
  scoreSentence,
  segmentReferences,
} from './corpus-metric.ts';
import { createNgramMatcher, type NgramMatcher } from './ngram-matcher.ts';
import { createWordNumbers } from './word-numbers.ts';

/** Which n-grams chrF counts and how it weighs them; defaults are sacrebleu's. */
export interface ChrfOptions {
  /** 0 (default) is chrF, 2 is chrF++ */
  readonly wordOrder?: number | undefined;
  /** default 6 */
  readonly charOrder?: number | undefined;
  /** weight of recall over precision; default 2 */
  readonly beta?: number | undefined;
  readonly lowercase?: boolean | undefined;
  /** count white space as characters; default false */
  readonly whitespace?: boolean | undefined;
  /** average per-order F-scores with 1e-16 for missing orders, as chrF++.py, NLTK and Moses do; default false */
  readonly epsSmoothing?: boolean | undefined;
  readonly emptyReference?: EmptyReference | undefined;
}

/** chrF of a corpus in points of 100. */
export interface ChrfScore {
  /** chrF2, chrF2++ */
  readonly name: string;
  readonly score: number;
}

const ASCII_PUNCTUATION = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');

/**
 * Corpus chrF.
 * @param references one string per hypothesis, or streams `references[stream][segment]`; the best reference of a segment counts
 * @throws Error on mismatched counts, an empty reference or impossible orders
 */
export function chrf(
  hypotheses: readonly string[],
  references: References,
  options: ChrfOptions = {},
): ChrfScore & { readonly signature: string } {
  return scoreCorpus(chrfMetric(options), hypotheses, references);
}

/** chrF of one sentence against its references. */
export function sentenceChrf(
  hypothesis: string,
  references: readonly string[],
  options: ChrfOptions = {},
): ChrfScore & { readonly signature: string } {
  return scoreSentence(chrfMetric(options), hypothesis, references);
}

/** chrF as statistics that add up, for bootstrap and paired tests. */
export function chrfMetric(options: ChrfOptions = {}): CorpusMetric<ChrfScore> {
  const {
    wordOrder = 0,
    charOrder = 6,
    beta = 2,
    lowercase = false,
    whitespace = false,
    epsSmoothing = false,
  } = options;
  if (
    !Number.isInteger(wordOrder) ||
    wordOrder < 0 ||
    !Number.isInteger(charOrder) ||
    charOrder < 0 ||
    wordOrder + charOrder < 1
  ) {
    throw inputError(
      'chrf',
      `charOrder and wordOrder must be whole numbers, not both 0, got ${charOrder} and ${wordOrder}.`,
    );
  }
  if (!(beta > 0)) throw inputError('chrf', `beta must be above 0, got ${beta}.`);
  const name = `chrF${beta}${'+'.repeat(wordOrder)}`;
  const width = 3 * (charOrder + wordOrder);

  return {
    name,
    higherIsBetter: true,
    statistics(hypotheses, references) {
      const segments = segmentReferences('chrf', hypotheses, references, options.emptyReference ?? 'error');
      const values = new Float64Array(hypotheses.length * width);
      const characters = createCharacterReader(whitespace);
      const words = createWordReader();
      const orders = [
        ...(charOrder > 0
          ? [{ matcher: createNgramMatcher(charOrder), order: charOrder, read: characters, offset: 0 }]
          : []),
        ...(wordOrder > 0
          ? [{ matcher: createNgramMatcher(wordOrder), order: wordOrder, read: words, offset: 3 * charOrder }]
          : []),
      ];
      const row = new Float64Array(width);
      for (const [segment, own] of segments.entries()) {
        const hypothesis = lowercase ? hypotheses[segment]!.toLowerCase() : hypotheses[segment]!;
        const sequences = orders.map(({ read }) => read(hypothesis));
        let best = -1;
        for (const line of own) {
          const reference = lowercase ? line.toLowerCase() : line;
          for (const [index, { matcher, order, read, offset }] of orders.entries()) {
            countMatches(matcher, order, sequences[index]!, read(reference), row, offset);
          }
          const score = own.length === 1 ? 0 : fScore(row, charOrder + wordOrder, beta, epsSmoothing);
          if (score <= best) continue;
          best = score;
          values.set(row, segment * width);
        }
      }
      return { width, numSegments: hypotheses.length, values };
    },
    scoreFromSums: (sums) => ({ name, score: fScore(sums, charOrder + wordOrder, beta, epsSmoothing) }),
    signature: (references) =>
      formatSignature(numReferences(references), [
        ['case', lowercase ? 'lc' : 'mixed'],
        ['eff', !epsSmoothing],
        ['nc', charOrder],
        ['nw', wordOrder],
        ['space', whitespace],
      ]),
  };
}

function countMatches(
  matcher: NgramMatcher,
  maxOrder: number,
  hypothesis: Int32Array,
  reference: Int32Array,
  row: Float64Array,
  offset: number,
): void {
  matcher.clear();
  matcher.addReference(reference, reference.length);
  const matches = new Float64Array(maxOrder);
  matcher.match(hypothesis, hypothesis.length, matches, 0);
  for (let order = 0; order < maxOrder; order++) {
    const inReference = Math.max(0, reference.length - order);
    row[offset + 3 * order] = inReference > 0 ? Math.max(0, hypothesis.length - order) : 0;
    row[offset + 3 * order + 1] = inReference;
    row[offset + 3 * order + 2] = matches[order]!;
  }
}

function createCharacterReader(whitespace: boolean): (line: string) => Int32Array {
  return (line) => {
    const text = whitespace ? line : removeWhitespace(line);
    const symbols = new Int32Array(text.length);
    let length = 0;
    for (let index = 0; index < text.length; index++) {
      const codePoint = text.codePointAt(index)!;
      if (codePoint > 0xffff) index++;
      symbols[length++] = codePoint;
    }
    return symbols.subarray(0, length);
  };
}

/** Words with a leading or else trailing ASCII punctuation mark set apart; never both, as in Popovic's script. */
function createWordReader(): (line: string) => Int32Array {
  const numbers = createWordNumbers();
  return (line) => {
    const symbols: number[] = [];
    for (const word of pythonSplit(line)) {
      if (word.length > 1 && ASCII_PUNCTUATION.has(word.at(-1)!)) {
        symbols.push(numbers.of(word.slice(0, -1)), numbers.of(word.at(-1)!));
      } else if (word.length > 1 && ASCII_PUNCTUATION.has(word[0]!)) {
        symbols.push(numbers.of(word[0]!), numbers.of(word.slice(1)));
      } else {
        symbols.push(numbers.of(word));
      }
    }
    return Int32Array.from(symbols);
  };
}

function fScore(statistics: ArrayLike<number>, numOrders: number, beta: number, epsSmoothing: boolean): number {
  const eps = 1e-16;
  const factor = beta ** 2;
  let sum = 0;
  let averagePrecision = 0;
  let averageRecall = 0;
  let effectiveOrder = 0;
  for (let order = 0; order < numOrders; order++) {
    const inHypothesis = statistics[3 * order]!;
    const inReference = statistics[3 * order + 1]!;
    const matches = statistics[3 * order + 2]!;
    const precision = inHypothesis > 0 ? matches / inHypothesis : eps;
    const recall = inReference > 0 ? matches / inReference : eps;
    const denominator = factor * precision + recall;
    sum += denominator > 0 ? ((1 + factor) * precision * recall) / denominator : eps;
    if (inHypothesis > 0 && inReference > 0) {
      averagePrecision += precision;
      averageRecall += recall;
      effectiveOrder++;
    }
  }
  if (epsSmoothing) return (100 * sum) / numOrders;
  if (effectiveOrder === 0) return 0;
  averagePrecision /= effectiveOrder;
  averageRecall /= effectiveOrder;
  if (averagePrecision + averageRecall === 0) return 0;
  return 100 * (((1 + factor) * averagePrecision * averageRecall) / (factor * averagePrecision + averageRecall));
}
