/**
 * MinHash signatures: the least value of each of B·R hash functions over a text's word n-grams.
 *
 * Source: Broder 1997; the layout of FineWeb2's deduplication (14 buckets of 8 hashes over word 5-grams). Texts that share a share s of their
 * n-grams agree in some bucket with probability 1 - (1 - s^8)^14: 0.5 at s = 0.69, 0.92 at 0.8.
 * Units: hash values are unsigned 32-bit integers, made from both halves of a 64-bit hash of the n-gram.
 */
import { createRandomStream } from '../random/create-random-stream.ts';
import { hashTextInto, mixBits } from '../random/hash-text.ts';
import { forEachWordNGram } from './comparable-words.ts';

export interface MinhashConfig {
  readonly numBuckets: number;
  readonly hashesPerBucket: number;
  /** Words per n-gram. */
  readonly nGramSize: number;
  readonly seed: number | string;
}

export const DEFAULT_MINHASH: MinhashConfig = { numBuckets: 14, hashesPerBucket: 8, nGramSize: 5, seed: 1 };

export interface MinhashSigner {
  readonly numHashes: number;
  /** Writes the signature of `words` to `out` at `offset`; false, and nothing written, when there are no words. */
  sign(words: readonly string[], out: Uint32Array, offset: number): boolean;
}

/** @throws Error when a count is no positive integer */
export function createMinhashSigner(config: MinhashConfig): MinhashSigner {
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
  const halves = new Uint32Array(2);
  return {
    numHashes,
    sign(words, out, offset) {
      if (words.length === 0) return false;
      out.fill(0xffffffff, offset, offset + numHashes);
      forEachWordNGram(words, config.nGramSize, (gram) => {
        hashTextInto(gram, halves);
        const low = halves[0]!;
        const high = halves[1]!;
        for (let i = 0; i < numHashes; i++) {
          const value = (Math.imul(low, lowFactors[i]!) + Math.imul(high, highFactors[i]!) + shifts[i]!) >>> 0;
          if (value < out[offset + i]!) out[offset + i] = value;
        }
      });
      return true;
    },
  };
}

/**
 * Two halves over one bucket of a signature, values [start, end), and the scope: documents share it when they agree in all of these.
 *
 * @param scope hash of what only documents of one scope share; a plain chain of full 32-bit mixes follows
 */
export function bucketKey(values: Uint32Array, start: number, end: number, scope: number, out: Uint32Array): void {
  let low = mixBits(scope ^ 0x243f6a88);
  let high = mixBits(scope ^ 0x85a308d3);
  for (let i = start; i < end; i++) {
    low = mixBits(low ^ values[i]!);
    high = mixBits((high + values[i]!) ^ 0x13198a2e);
  }
  out[0] = low;
  out[1] = high;
}
