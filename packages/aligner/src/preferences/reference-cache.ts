/**
 * Reference log-probabilities on disk: one JSON file with the fingerprint of what they were computed from.
 *
 * The values are float32 and come back as they were: the shortest decimal of a float32 taken as float64 is exact.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReferenceLogProbs } from './preference-batch.ts';
import type { ReferenceFingerprint } from './reference-fingerprint.ts';

interface CacheFile {
  readonly formatVersion: 2;
  readonly fingerprint: ReferenceFingerprint;
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
}

/**
 * @returns the cached values, or null when there is no file
 * @throws Error when the file is damaged or was made from other data, model, tokenizer, template or length, naming which
 */
export async function readReferenceCache(
  path: string,
  fingerprint: ReferenceFingerprint,
  numPairs: number,
): Promise<ReferenceLogProbs | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(
      `[@marco-ts/aligner] readReferenceCache: the cache must be a readable file, got ${String(error)} at ${path}. Choose another path.`,
    );
  }
  const file = parseCache(text);
  if (file === null || file.chosen.length !== file.rejected.length) {
    throw new Error(
      `[@marco-ts/aligner] readReferenceCache: the cache must be a whole file of reference log-probabilities, got ${JSON.stringify(text.slice(0, 60))} at ${path}. Delete it to compute them again.`,
    );
  }
  const differing = (['data', 'model', 'tokenizer', 'template', 'maxLength'] as const).filter(
    (part) => file.fingerprint[part] !== fingerprint[part],
  );
  if (differing.length > 0 || file.chosen.length !== numPairs) {
    const details = differing
      .map((part) => `${part} ${file.fingerprint[part]} instead of ${fingerprint[part]}`)
      .join(', ');
    throw new Error(
      `[@marco-ts/aligner] readReferenceCache: cached reference log-probabilities serve only what they were computed from, got ${details || `${file.chosen.length} pairs instead of ${numPairs}`} at ${path}. Delete the file to compute them again, or choose another path.`,
    );
  }
  return { chosen: Float32Array.from(file.chosen), rejected: Float32Array.from(file.rejected) };
}

/** Writes the file whole or not at all. */
export async function writeReferenceCache(
  path: string,
  fingerprint: ReferenceFingerprint,
  values: ReferenceLogProbs,
): Promise<void> {
  const file: CacheFile = { formatVersion: 2, fingerprint, chosen: [...values.chosen], rejected: [...values.rejected] };
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, `${JSON.stringify(file)}\n`, { flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function parseCache(text: string): CacheFile | null {
  try {
    const file = JSON.parse(text) as Partial<CacheFile> | null;
    const isWhole =
      file?.formatVersion === 2 &&
      file.fingerprint !== undefined &&
      Array.isArray(file.chosen) &&
      Array.isArray(file.rejected);
    return isWhole ? (file as CacheFile) : null;
  } catch {
    return null;
  }
}
