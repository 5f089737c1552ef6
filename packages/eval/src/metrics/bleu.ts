/**
 * BLEU: clipped n-gram precision of a corpus with a brevity penalty.
 *
 * Source: Papineni et al. 2002; smoothing after Chen and Cherry 2014 (W14-3346); numbers and signature of sacrebleu 2.6.0.
 * Units: score and precisions in 0..100, lengths in tokens. Statistics rows: [hypLength, refLength, matches[order], totals[order]].
 */
import { inputError } from '../input-error.ts';
import { pythonFixed, pythonRightStrip } from '../python-text.ts';
import {
  type BleuTokenizer,
  type BleuTokenizerName,
  bleuTokenizer,
  isModelTokenizer,
  type ModelTokenizerName,
} from './bleu-tokenizers.ts';
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
import { createNgramMatcher } from './ngram-matcher.ts';
import { createWordNumbers } from './word-numbers.ts';

/** How BLEU splits, smooths and counts; defaults are sacrebleu's. */
export interface BleuOptions {
  /** default '13a'; 'zh' for Chinese, 'char' for scripts without spaces, 'intl' for Unicode punctuation */
  readonly tokenize?: BleuTokenizerName | ModelTokenizerName | undefined;
  /** what a tokenizer with a model does; needed to compare texts, not to score statistics */
  readonly tokenizer?: BleuTokenizer | undefined;
  readonly lowercase?: boolean | undefined;
  /** default 'exp' */
  readonly smoothMethod?: 'exp' | 'floor' | 'add-k' | 'none' | undefined;
  /** for floor (default 0.1) and add-k (default 1) */
  readonly smoothValue?: number | undefined;
  /** default 4 */
  readonly maxNgramOrder?: number | undefined;
  /** leave out the orders that a short text has no n-gram of; default false, true in `sentenceBleu` */
  readonly effectiveOrder?: boolean | undefined;
  readonly emptyReference?: EmptyReference | undefined;
}

/** BLEU of a corpus in points of 100, with the counts it was made of, by n-gram order. */
export interface BleuScore {
  readonly name: 'BLEU';
  readonly score: number;
  readonly counts: readonly number[];
  readonly totals: readonly number[];
  readonly precisions: readonly number[];
  readonly bp: number;
  readonly sysLen: number;
  readonly refLen: number;
  /** sacrebleu's verbose part: precisions, brevity penalty, ratio, lengths */
  readonly verbose: string;
}

const SMOOTH_DEFAULTS = { none: undefined, floor: 0.1, 'add-k': 1, exp: undefined } as const;

/**
 * Corpus BLEU.
 * @param references one string per hypothesis, or streams `references[stream][segment]`
 * @throws Error on mismatched counts, an empty reference, an unknown tokenizer or smoothing
 */
export function bleu(
  hypotheses: readonly string[],
  references: References,
  options: BleuOptions = {},
): BleuScore & { readonly signature: string } {
  return scoreCorpus(bleuMetric(options), hypotheses, references);
}

/** BLEU of one sentence against its references, by default with `effectiveOrder`, as `sacrebleu.sentence_bleu` does. */
export function sentenceBleu(
  hypothesis: string,
  references: readonly string[],
  options: BleuOptions = {},
): BleuScore & { readonly signature: string } {
  return scoreSentence(bleuMetric({ effectiveOrder: true, ...options }), hypothesis, references);
}

/** BLEU as statistics that add up, for bootstrap and paired tests. */
export function bleuMetric(options: BleuOptions = {}): CorpusMetric<BleuScore> {
  const {
    tokenize = '13a',
    lowercase = false,
    smoothMethod = 'exp',
    maxNgramOrder = 4,
    effectiveOrder = false,
  } = options;
  const tokens = isModelTokenizer(tokenize) ? options.tokenizer : bleuTokenizer(tokenize);
  if (!Object.hasOwn(SMOOTH_DEFAULTS, smoothMethod)) {
    throw inputError('bleu', `smoothMethod must be one of exp, floor, add-k, none, got '${smoothMethod}'.`);
  }
  if (!Number.isInteger(maxNgramOrder) || maxNgramOrder < 1) {
    throw inputError('bleu', `maxNgramOrder must be a whole number above 0, got ${maxNgramOrder}.`);
  }
  const smoothValue = options.smoothValue ?? SMOOTH_DEFAULTS[smoothMethod];
  const width = 2 + 2 * maxNgramOrder;

  return {
    name: 'BLEU',
    higherIsBetter: true,
    statistics(hypotheses, references) {
      const split = tokens ?? bleuTokenizer(tokenize);
      const segments = segmentReferences('bleu', hypotheses, references, options.emptyReference ?? 'error');
      const values = new Float64Array(hypotheses.length * width);
      const matcher = createNgramMatcher(maxNgramOrder);
      const words = createWordNumbers();
      const read = (line: string): Int32Array =>
        words.ofAll(split(pythonRightStrip(lowercase ? line.toLowerCase() : line)));
      for (const [segment, own] of segments.entries()) {
        const row = segment * width;
        matcher.clear();
        const lengths: number[] = [];
        for (const reference of own) {
          const symbolsOfReference = read(reference);
          lengths.push(symbolsOfReference.length);
          matcher.addReference(symbolsOfReference, symbolsOfReference.length);
        }
        const hypothesis = read(hypotheses[segment]!);
        values[row] = hypothesis.length;
        values[row + 1] = closestLength(hypothesis.length, lengths);
        matcher.match(hypothesis, hypothesis.length, values, row + 2);
        for (let order = 0; order < maxNgramOrder; order++) {
          values[row + 2 + maxNgramOrder + order] = Math.max(0, hypothesis.length - order);
        }
      }
      return { width, numSegments: hypotheses.length, values };
    },
    scoreFromSums: (sums) => bleuFromSums(sums, maxNgramOrder, smoothMethod, smoothValue, effectiveOrder),
    signature: (references) =>
      formatSignature(numReferences(references), [
        ['case', lowercase ? 'lc' : 'mixed'],
        ['eff', effectiveOrder],
        ['tok', tokenize],
        [
          'smooth',
          SMOOTH_DEFAULTS[smoothMethod] === undefined
            ? smoothMethod
            : `${smoothMethod}[${pythonFixed(smoothValue!, 2)}]`,
        ],
      ]),
  };
}

/** The reference length nearest to the hypothesis; the shorter of two equally near. */
function closestLength(length: number, candidates: readonly number[]): number {
  let best = candidates[0]!;
  for (const candidate of candidates) {
    const difference = Math.abs(length - candidate) - Math.abs(length - best);
    if (difference < 0 || (difference === 0 && candidate < best)) best = candidate;
  }
  return best;
}

function bleuFromSums(
  sums: ArrayLike<number>,
  maxOrder: number,
  smoothMethod: string,
  smoothValue: number | undefined,
  effectiveOrder: boolean,
): BleuScore {
  const sysLen = sums[0]!;
  const refLen = sums[1]!;
  const counts = Array.from({ length: maxOrder }, (_, order) => sums[2 + order]!);
  const totals = Array.from({ length: maxOrder }, (_, order) => sums[2 + maxOrder + order]!);
  const precisions = new Array<number>(maxOrder).fill(0);
  const bp = sysLen >= refLen ? 1 : sysLen > 0 ? Math.exp(1 - refLen / sysLen) : 0;
  let score = 0;
  if (counts.some((count) => count > 0)) {
    let order = maxOrder;
    let halvings = 1;
    for (let n = 1; n <= maxOrder; n++) {
      if (smoothMethod === 'add-k' && n > 1) {
        counts[n - 1]! += smoothValue!;
        totals[n - 1]! += smoothValue!;
      }
      const total = totals[n - 1]!;
      if (total === 0) break;
      if (effectiveOrder) order = n;
      if (counts[n - 1] !== 0) {
        precisions[n - 1] = (100 * counts[n - 1]!) / total;
      } else if (smoothMethod === 'exp') {
        halvings *= 2;
        precisions[n - 1] = 100 / (halvings * total);
      } else if (smoothMethod === 'floor') {
        precisions[n - 1] = (100 * smoothValue!) / total;
      }
    }
    let logSum = 0;
    for (let n = 0; n < order; n++) logSum += precisions[n] === 0 ? -9999999999 : Math.log(precisions[n]!);
    score = bp * Math.exp(logSum / order);
  }
  const ratio = refLen === 0 ? 0 : sysLen / refLen;
  return {
    name: 'BLEU',
    score,
    counts,
    totals,
    precisions,
    bp,
    sysLen,
    refLen,
    // Asked for once, where a bootstrap takes a thousand scores.
    get verbose() {
      const shares = precisions.map((precision) => pythonFixed(precision, 1)).join('/');
      const [penalty, lengths] = [pythonFixed(bp, 3), pythonFixed(ratio, 3)];
      return `${shares} (BP = ${penalty} ratio = ${lengths} hyp_len = ${sysLen} ref_len = ${refLen})`;
    },
  };
}
