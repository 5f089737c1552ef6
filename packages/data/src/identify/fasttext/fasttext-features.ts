/**
 * The rows of a text in a fastText model: words, their subwords, and word n-grams.
 *
 * Source: fastText's dictionary: FNV-1a over bytes taken as signed, modulo the number of buckets; word n-grams by a 64-bit polynomial of the
 * words' 32-bit hashes; `</s>` at the end of the text.
 */
import type { FastTextFile } from './fasttext-file.ts';

const END_OF_SENTENCE = '</s>';
const LABEL_PREFIX = '__label__';
/** What separates words for fastText: ASCII white space and NUL only. */
const SEPARATORS = /[ \n\r\t\v\f\0]+/;
const FNV_START = 2_166_136_261;
const FNV_PRIME = 16_777_619;
const NGRAM_FACTOR = 116_049_371n;

/** One step of fastText's FNV-1a: bytes above 127 are negative numbers there. */
const step = (hash: number, byte: number): number => Math.imul(hash ^ ((byte << 24) >> 24), FNV_PRIME);

function hashBytes(bytes: Uint8Array): number {
  let hash = FNV_START | 0;
  for (const byte of bytes) hash = step(hash, byte);
  return hash;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

export interface FastTextFeatures {
  /** Rows of the input matrix, each as often as it counts. */
  rowsOf(text: string): number[];
}

export function createFastTextFeatures({ arguments: settings, dictionary }: FastTextFile): FastTextFeatures {
  const { minNGram, maxNGram, numBuckets, wordNGrams } = settings;
  const { words, prunedBuckets } = dictionary;
  const ids = new Map(words.map((word, id) => [word, id]));
  const encoder = new TextEncoder();

  const pushBucket = (rows: number[], bucket: number): void => {
    if (prunedBuckets === null) rows.push(words.length + bucket);
    else {
      const kept = prunedBuckets.get(bucket);
      if (kept !== undefined) rows.push(words.length + kept);
    }
  };
  const pushSubwords = (rows: number[], word: string): void => {
    if (numBuckets === 0) return;
    const bytes = encoder.encode(`<${word}>`);
    for (let start = 0; start < bytes.length; start++) {
      if (isContinuation(bytes[start]!)) continue;
      let hash = FNV_START | 0;
      for (let end = start, n = 1; end < bytes.length && n <= maxNGram; n++) {
        hash = step(hash, bytes[end++]!);
        while (end < bytes.length && isContinuation(bytes[end]!)) hash = step(hash, bytes[end++]!);
        if (n >= minNGram && !(n === 1 && (start === 0 || end === bytes.length)))
          pushBucket(rows, (hash >>> 0) % numBuckets);
      }
    }
  };
  const pushWordNGrams = (rows: number[], hashes: readonly number[]): void => {
    for (let start = 0; start < hashes.length; start++) {
      let hash = BigInt(hashes[start]!);
      for (let end = start + 1; end < hashes.length && end < start + wordNGrams; end++) {
        hash = BigInt.asUintN(64, hash * NGRAM_FACTOR + BigInt(hashes[end]!));
        pushBucket(rows, Number(hash % BigInt(numBuckets)));
      }
    }
  };
  return {
    rowsOf(text) {
      const rows: number[] = [];
      const hashes: number[] = [];
      for (const token of [...text.split(SEPARATORS), END_OF_SENTENCE]) {
        if (token === '') continue;
        const id = ids.get(token);
        if (id === undefined && token.startsWith(LABEL_PREFIX)) continue;
        if (id !== undefined) rows.push(id);
        if (maxNGram > 0 && token !== END_OF_SENTENCE) pushSubwords(rows, token);
        if (wordNGrams > 1) hashes.push(hashBytes(encoder.encode(token)));
        // fastText reads no further, also where the text itself says so.
        if (token === END_OF_SENTENCE) break;
      }
      if (wordNGrams > 1 && numBuckets > 0) pushWordNGrams(rows, hashes);
      return rows;
    },
  };
}
