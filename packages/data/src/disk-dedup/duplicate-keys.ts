/**
 * What duplicates are found by: 64-bit keys of documents, of their paragraphs or of their lines, that are equal where these are duplicates.
 *
 * MinHash gives a document a key in each bucket; the others give one key to each document, paragraph or line. Every key belongs to a unit: the
 * document, paragraph or line, counted from 0 within its file.
 */
import { bucketKey, createMinhashSigner, DEFAULT_MINHASH, type MinhashConfig } from '../dedup/minhash-signature.ts';
import type { Document } from '../document.ts';
import type { WordSplitter } from '../filters/split-words.ts';
import { hashText, hashTextInto } from '../random/hash-text.ts';

/** What is compared: near-duplicate documents, or equal documents, paragraphs or lines. */
export type DuplicateUnit = 'minhash' | 'document' | 'paragraph' | 'line';

export interface DuplicateKeysOptions {
  readonly by: DuplicateUnit;
  readonly minhash?: Partial<MinhashConfig>;
  readonly splitWords?: WordSplitter;
  /** Paragraphs and lines of fewer UTF-16 units are never duplicates: menus repeat, and so do "Yes." and "* * *". */
  readonly minCharacters?: number;
}

export type VisitKey = (bucket: number, low: number, high: number, unit: number) => void;

export interface DuplicateKeys {
  readonly numBuckets: number;
  /** Calls `visit` for each key of the next document of a file. */
  add(document: Document, visit: VisitKey): void;
}

export const DEFAULT_MIN_CHARACTERS = 20;

/** Paragraphs are parted by blank lines, lines by line feeds; what is joined again with the same separator is the text. */
export const SEPARATORS = { paragraph: '\n\n', line: '\n' } as const;

function minhashKeys({ minhash, splitWords }: DuplicateKeysOptions): DuplicateKeys {
  const config = { ...DEFAULT_MINHASH, ...minhash };
  const signer = createMinhashSigner(config, splitWords);
  const { numBuckets, hashesPerBucket } = config;
  const values = new Int32Array(signer.numHashes);
  const key = new Uint32Array(2);
  let unit = 0;
  return {
    numBuckets,
    add: ({ text, language }, visit) => {
      if (signer.sign(text, language, values, 0)) {
        const scope = hashText(language);
        for (let bucket = 0; bucket < numBuckets; bucket++) {
          bucketKey(values, bucket * hashesPerBucket, (bucket + 1) * hashesPerBucket, scope, key);
          visit(bucket, key[0]!, key[1]!, unit);
        }
      }
      unit++;
    },
  };
}

/** Keys of one file's documents, given in their order. @throws Error for a MinHash configuration that is no count */
export function createDuplicateKeys(options: DuplicateKeysOptions): DuplicateKeys {
  const { by, minCharacters = DEFAULT_MIN_CHARACTERS } = options;
  if (by === 'minhash') return minhashKeys(options);
  const key = new Uint32Array(2);
  let unit = 0;
  return {
    numBuckets: 1,
    add: ({ text }, visit) => {
      if (by === 'document') {
        hashTextInto(text.trim(), key);
        visit(0, key[0]!, key[1]!, unit++);
        return;
      }
      for (const part of text.split(SEPARATORS[by])) {
        const simplified = part.trim();
        if (simplified.length >= minCharacters) {
          hashTextInto(simplified, key);
          visit(0, key[0]!, key[1]!, unit);
        }
        unit++;
      }
    },
  };
}
