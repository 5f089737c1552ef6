/**
 * Trains an n-gram model with interpolated modified Kneser-Ney smoothing.
 *
 * Source: Chen and Goodman 1998; Heafield et al. 2013 (KenLM's lmplz), whose choices are kept: adjusted counts that are raw for n-grams which
 * begin with `<s>`, discounts by order in closed form, unigrams interpolated with a uniform distribution over the vocabulary without `<s>`,
 * `<unk>` with what that leaves it.
 * Units: log10. Memory: about 4 n + 30 bytes for each different n-gram of each order n.
 */
import {
  type NGramModel,
  ngramModelFromTables,
  SENTENCE_END,
  SENTENCE_START,
  SPECIAL_WORDS,
  UNKNOWN,
} from './ngram-model.ts';
import { createNGramTable, type NGramTable } from './ngram-table.ts';

/** The order of the model, and what happens on little text. */
export interface TrainNGramModelOptions {
  /** Longest n-gram, 2 to 8. */
  readonly order: number;
  /** Discounts for counts of 1, 2, and 3 or more where the text is too small to estimate them; without them training throws. */
  readonly fallbackDiscounts?: readonly [number, number, number];
}

const MAX_ORDER = 8;
/** What `<s>` "costs": it is given, never predicted. */
const NEVER = -99;

type Discounts = readonly [zero: 0, one: number, two: number, more: number];

/** Counts of the n-grams of each order that occur, n-grams shorter than the order only at the beginning of a sentence. */
interface Counts {
  readonly vocabulary: readonly string[];
  readonly tables: readonly NGramTable[];
  readonly counts: readonly number[][];
}

function countNGrams(sentences: Iterable<readonly string[]>, order: number): Counts {
  const ids = new Map<string, number>(SPECIAL_WORDS.map((word, id) => [word, id]));
  const tables = Array.from({ length: order }, (_, index) => createNGramTable(index + 1));
  const counts: number[][] = Array.from({ length: order }, () => []);
  let sentence = new Int32Array(256);
  let numSentences = 0;
  for (const words of sentences) {
    numSentences++;
    const end = words.length + 1;
    if (sentence.length <= end) sentence = new Int32Array(end * 2);
    sentence[0] = SENTENCE_START;
    for (const [index, word] of words.entries()) {
      let id = ids.get(word);
      if (id === undefined) {
        id = ids.size;
        ids.set(word, id);
      }
      sentence[index + 1] = id > SENTENCE_END ? id : UNKNOWN;
    }
    sentence[end] = SENTENCE_END;
    for (let last = 1; last <= end; last++) {
      const n = Math.min(order, last + 1);
      const index = tables[n - 1]!.add(sentence, last - n + 1);
      counts[n - 1]![index] = (counts[n - 1]![index] ?? 0) + 1;
    }
  }
  if (numSentences === 0) {
    throw new Error(
      '[@marco-ts/data] trainNGramModel: there must be sentences, got none. Give at least a few thousand lines of clean text.',
    );
  }
  return { vocabulary: [...ids.keys()], tables, counts };
}

/** Below the highest order an n-gram counts by how many different words stand before it; those that begin with `<s>` keep their counts. */
function adjustCounts({ tables, counts }: Counts): void {
  for (let n = tables.length; n >= 2; n--) {
    const table = tables[n - 1]!;
    const shorter = tables[n - 2]!;
    const shorterCounts = counts[n - 2]!;
    for (let index = 0; index < table.size; index++) {
      const suffix = shorter.add(table.ids, index * n + 1);
      shorterCounts[suffix] = (shorterCounts[suffix] ?? 0) + 1;
    }
  }
}

function discountsOf(
  counts: readonly number[],
  n: number,
  fallback: TrainNGramModelOptions['fallbackDiscounts'],
): Discounts {
  const numWith = [0, 0, 0, 0, 0];
  for (const count of counts) if (count >= 1 && count <= 4) numWith[count]!++;
  const [, one, two, three, four] = numWith as [number, number, number, number, number];
  const common = one / (one + 2 * two);
  const estimated = [1 - (2 * common * two) / one, 2 - (3 * common * three) / two, 3 - (4 * common * four) / three];
  if (estimated.every((discount, index) => discount >= 0 && discount <= index + 1)) {
    return [0, estimated[0]!, estimated[1]!, estimated[2]!];
  }
  if (fallback !== undefined) return [0, ...fallback];
  throw new Error(
    `[@marco-ts/data] trainNGramModel: n-grams must occur once, twice, three and four times to estimate discounts, got ${numWith.slice(1).join(', ')} of order ${n}. Give more text, or fallbackDiscounts such as [0.5, 1, 1.5].`,
  );
}

/**
 * Sets the probabilities of one order and the backoffs of the order below.
 *
 * Interpolation: P(w | h) = (a(hw) - D(a(hw))) / Σ a(hx) + γ(h) P(w | h'), with h' one word shorter.
 */
function setProbabilities(
  table: NGramTable,
  counts: readonly number[],
  discounts: Discounts,
  contexts: NGramTable,
  suffixProbs: Float64Array,
): Float64Array {
  const { order: n, size, ids } = table;
  const discountOf = (count: number): number => discounts[Math.min(3, count)]!;
  const contextOf = Int32Array.from({ length: size }, (_, index) => contexts.find(ids, index * n));
  const totals = new Float64Array(contexts.size);
  const discounted = new Float64Array(contexts.size);
  for (let index = 0; index < size; index++) {
    totals[contextOf[index]!]! += counts[index]!;
    discounted[contextOf[index]!]! += discountOf(counts[index]!);
  }
  for (let context = 0; context < contexts.size; context++) {
    if (totals[context]! > 0) contexts.backoffs[context] = Math.log10(discounted[context]! / totals[context]!);
  }
  const probs = new Float64Array(size);
  for (let index = 0; index < size; index++) {
    const context = contextOf[index]!;
    const count = counts[index]!;
    const own = (count - discountOf(count)) / totals[context]!;
    probs[index] = own + (discounted[context]! / totals[context]!) * suffixProbs[index]!;
    table.logProbs[index] = Math.log10(probs[index]!);
  }
  return probs;
}

/** Probabilities of each n-gram without its first word. */
function probsOfSuffixes(table: NGramTable, shorter: NGramTable, shorterProbs: Float64Array): Float64Array {
  return Float64Array.from(
    { length: table.size },
    (_, index) => shorterProbs[shorter.find(table.ids, index * table.order + 1)]!,
  );
}

/** Unigrams by word id, so that the vocabulary is the table; `<s>` and `<unk>` have no counts. */
function unigramsInOrder(
  vocabularySize: number,
  counted: NGramTable,
  counts: readonly number[],
): { table: NGramTable; counts: number[] } {
  const table = createNGramTable(1, vocabularySize);
  const byId = new Array<number>(vocabularySize).fill(0);
  for (let id = 0; id < vocabularySize; id++) table.add(Int32Array.of(id), 0);
  for (let index = 0; index < counted.size; index++) {
    if (counted.ids[index] !== SENTENCE_START) byId[counted.ids[index]!] = counts[index]!;
  }
  return { table, counts: byId };
}

/**
 * @param sentences words of each sentence, without marks for its start and end
 * @throws Error for no sentences, an order out of range, or too little text for the discounts
 */
export function trainNGramModel(sentences: Iterable<readonly string[]>, options: TrainNGramModelOptions): NGramModel {
  const { order, fallbackDiscounts } = options;
  if (!Number.isInteger(order) || order < 2 || order > MAX_ORDER) {
    throw new Error(
      `[@marco-ts/data] trainNGramModel: order must be an integer from 2 to ${MAX_ORDER}, got ${order}. Use 5.`,
    );
  }
  const counted = countNGrams(sentences, order);
  adjustCounts(counted);
  const { vocabulary } = counted;
  const unigrams = unigramsInOrder(vocabulary.length, counted.tables[0]!, counted.counts[0]!);
  const tables = [unigrams.table, ...counted.tables.slice(1)];
  const counts = [unigrams.counts, ...counted.counts.slice(1)];

  const discounts = discountsOf(counts[0]!, 1, fallbackDiscounts);
  const total = counts[0]!.reduce((sum, count) => sum + count, 0);
  const left = counts[0]!.reduce((sum, count) => sum + discounts[Math.min(3, count)]!, 0) / total;
  const uniform = 1 / (vocabulary.length - 1);
  let probs: Float64Array = Float64Array.from(
    counts[0]!,
    (count) => (count - discounts[Math.min(3, count)]!) / total + left * uniform,
  );
  for (const [id, prob] of probs.entries()) tables[0]!.logProbs[id] = Math.log10(prob);
  tables[0]!.logProbs[SENTENCE_START] = NEVER;

  for (let n = 2; n <= order; n++) {
    const table = tables[n - 1]!;
    const shorter = tables[n - 2]!;
    probs = setProbabilities(
      table,
      counts[n - 1]!,
      discountsOf(counts[n - 1]!, n, fallbackDiscounts),
      shorter,
      probsOfSuffixes(table, shorter, probs),
    );
  }
  return ngramModelFromTables(vocabulary, tables);
}
