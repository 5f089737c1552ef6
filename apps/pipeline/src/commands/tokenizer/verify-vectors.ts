/** Holds the ids of a tokenizer against reference vectors: JSON lines of a text and the ids that another library gave for it. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { BadInputError } from '../../errors.ts';

export interface VectorMismatch {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly expected: readonly number[];
  readonly got: readonly number[];
  /** Where the ids part. */
  readonly firstDifference: number;
}

/**
 * @param path each line `{"text": "...", "ids": [...]}`; other fields are ignored
 * @throws BadInputError naming the line that is no vector, or when there is none
 */
export async function verifyVectors(
  tokenizer: Tokenizer,
  path: string,
): Promise<{ numVectors: number; mismatches: VectorMismatch[] }> {
  const mismatches: VectorMismatch[] = [];
  let numVectors = 0;
  let line = 0;
  try {
    for await (const written of createInterface({
      input: createReadStream(path),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      line++;
      if (written.trim() === '') continue;
      const { text, ids: expected } = readVector(written, `${path}:${line}`);
      numVectors++;
      const got = [...tokenizer.encode(text)];
      const most = Math.max(got.length, expected.length);
      let same = 0;
      while (same < most && got[same] === expected[same]) same++;
      if (same < most) mismatches.push({ line, text, expected, got, firstDifference: same });
    }
  } catch (error) {
    if (error instanceof BadInputError) throw error;
    throw badVectors((error as Error).message, path, error);
  }
  if (numVectors === 0) throw badVectors('none', path);
  return { numVectors, mismatches };
}

function readVector(written: string, place: string): { text: string; ids: number[] } {
  let vector: { text?: unknown; ids?: unknown } | null;
  try {
    vector = JSON.parse(written);
  } catch (error) {
    throw badVectors((error as Error).message, place, error);
  }
  const { text, ids } = vector ?? {};
  if (typeof text === 'string' && Array.isArray(ids) && ids.every(Number.isInteger)) return { text, ids };
  throw badVectors(`${written.slice(0, 80)}`, place);
}

function badVectors(got: string, place: string, cause?: unknown): BadInputError {
  return new BadInputError(
    `[@marco-ts/pipeline] verifyVectors: vectors must be lines like {"text": "a", "ids": [64]}, got ${got} at ${place}. Write one for each text.`,
    { cause },
  );
}
