/**
 * Sparse counts of hashed n-grams: sorted buckets beside their counts.
 */
import { forEachPieceOfNGrams, NUM_BUCKETS } from './character-ngrams.ts';

export interface NGramCounts {
  readonly buckets: Uint32Array;
  readonly counts: Uint32Array;
  readonly total: number;
}

/** Adds up n-grams of texts and of other counts; one scratch table serves any number of sums. */
export function createNGramCounter() {
  const scratch = new Uint32Array(NUM_BUCKETS);
  let touched: number[] = [];
  let total = 0;
  const add = (bucket: number, count: number): void => {
    if (scratch[bucket] === 0) touched.push(bucket);
    scratch[bucket]! += count;
    total += count;
  };
  return {
    addText(text: string): void {
      forEachPieceOfNGrams(text, (buckets) => {
        for (const bucket of buckets) add(bucket, 1);
      });
    },
    addCounts({ buckets, counts }: NGramCounts): void {
      for (let i = 0; i < buckets.length; i++) add(buckets[i]!, counts[i]!);
    },
    /** Answers with the sum so far and starts the next one. */
    take(): NGramCounts {
      const buckets = Uint32Array.from(touched).sort();
      const counts = Uint32Array.from(buckets, (bucket) => scratch[bucket]!);
      const result = { buckets, counts, total };
      for (const bucket of buckets) scratch[bucket] = 0;
      touched = [];
      total = 0;
      return result;
    },
  };
}

/** @returns what is left of a sum without one of its parts */
export function subtractCounts(sum: NGramCounts, part: NGramCounts): NGramCounts {
  const buckets = new Uint32Array(sum.buckets.length);
  const counts = new Uint32Array(sum.buckets.length);
  let length = 0;
  let inPart = 0;
  for (const [index, bucket] of sum.buckets.entries()) {
    let count = sum.counts[index]!;
    if (part.buckets[inPart] === bucket) count -= part.counts[inPart++]!;
    if (count === 0) continue;
    buckets[length] = bucket;
    counts[length++] = count;
  }
  return {
    buckets: buckets.subarray(0, length),
    counts: counts.subarray(0, length),
    total: sum.total - part.total,
  };
}
