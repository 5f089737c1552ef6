/**
 * MinHash signatures: the least value of each of B·R hash functions over a text's word n-grams.
 *
 * Source: Broder 1997; the layout of FineWeb2's deduplication (14 buckets of 8 hashes over word 5-grams). Texts that share a share s of their
 * n-grams agree in some bucket with probability 1 - (1 - s^8)^14: 0.5 at s = 0.69, 0.92 at 0.8.
 * Units: hash values are signed 32-bit integers, made from both halves of a 64-bit hash of the n-gram, which is made from its words' hashes.
 */

import type { WordSplitter } from '../filters/split-words.ts';
import { createRandomStream } from '../random/create-random-stream.ts';
import { mixBits } from '../random/hash-text.ts';
import { createWordHasher } from './word-hashes.ts';

/** Length and layout of signatures: more hashes in a bucket ask for more likeness, more buckets find more pairs. */
export interface MinhashConfig {
  readonly numBuckets: number;
  readonly hashesPerBucket: number;
  /** Words per n-gram. */
  readonly nGramSize: number;
  readonly seed: number | string;
}

/** FineWeb2's layout: of pairs that share 0.8 of their 5-grams it finds 0.92. */
export const DEFAULT_MINHASH: MinhashConfig = { numBuckets: 14, hashesPerBucket: 8, nGramSize: 5, seed: 1 };

/** Makes signatures of one config. */
export interface MinhashSigner {
  readonly numHashes: number;
  /** Writes the signature of a text to `out` at `offset`; false, and nothing written, when it has no words. */
  sign(text: string, language: string, out: Int32Array, offset: number): boolean;
}

/** @throws Error when a count is no positive integer */
export function createMinhashSigner(config: MinhashConfig, splitWords?: WordSplitter): MinhashSigner {
  for (const [name, value] of Object.entries({
    numBuckets: config.numBuckets,
    hashesPerBucket: config.hashesPerBucket,
    nGramSize: config.nGramSize,
  })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(
        `[@marco-ts/data] minhashDedup: ${name} must be a positive integer, got ${value}. FineWeb2 has 14 buckets of 8 hashes over 5-grams.`,
      );
    }
  }
  const numHashes = config.numBuckets * config.hashesPerBucket;
  const random = createRandomStream(`${config.seed}/minhash`);
  const word = (): number => Math.floor(random.next() * 4294967296);
  const lowFactors = Int32Array.from({ length: numHashes }, () => word() | 1);
  const highFactors = Int32Array.from({ length: numHashes }, () => word() | 1);
  const shifts = Int32Array.from({ length: numHashes }, word);
  const hasher = createWordHasher(splitWords);
  const least = new Int32Array(numHashes);
  /** Lowers each hash's least value by one n-gram, given by the halves of its hash. */
  const lower = (low: number, high: number): void => {
    for (let i = 0; i < numHashes; i++) {
      const value = (Math.imul(low, lowFactors[i]!) + Math.imul(high, highFactors[i]!) + shifts[i]!) | 0;
      if (value < least[i]!) least[i] = value;
    }
  };
  return {
    numHashes,
    sign(text, language, out, offset) {
      const numWords = hasher.load(text, language);
      if (numWords === 0) return false;
      const { low, high } = hasher;
      const size = Math.min(config.nGramSize, numWords);
      least.fill(0x7fffffff);
      for (let start = 0; start + size <= numWords; start++) {
        let [lowHash, highHash] = [0x9e3779b9, 0x7f4a7c15];
        for (let i = start; i < start + size; i++) {
          lowHash = Math.imul(lowHash ^ low[i]!, 0xcc9e2d51);
          lowHash = (lowHash << 15) | (lowHash >>> 17);
          highHash = Math.imul((highHash + high[i]!) | 0, 0x1b873593) ^ lowHash;
          highHash = (highHash << 13) | (highHash >>> 19);
        }
        lower(mixBits(lowHash) | 0, mixBits(highHash) | 0);
      }
      out.set(least, offset);
      return true;
    },
  };
}

/**
 * Two halves over one bucket of a signature, values [start, end), and the scope: documents share it when they agree in all of these.
 *
 * @param scope hash of what only documents of one scope share; a plain chain of full 32-bit mixes follows
 */
export function bucketKey(values: Int32Array, start: number, end: number, scope: number, out: Uint32Array): void {
  let low = mixBits(scope ^ 0x243f6a88);
  let high = mixBits(scope ^ 0x85a308d3);
  for (let i = start; i < end; i++) {
    low = mixBits(low ^ values[i]!);
    high = mixBits((high + values[i]!) ^ 0x13198a2e);
  }
  out[0] = low;
  out[1] = high;
}
