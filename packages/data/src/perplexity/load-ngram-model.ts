/**
 * Reads an n-gram model from a file: ARPA, or what `encodeNGramModel` wrote.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { readArpa } from './arpa-file.ts';
import type { NGramModel } from './ngram-model.ts';
import { decodeNGramModel } from './ngram-model-file.ts';

/** How KenLM's binary files begin. */
const KENLM_MAGIC = 'mmap lm http://kheafield.com/code';

/**
 * @param path ARPA where its name ends in `.arpa` or `.arpa.gz`
 * @throws Error for KenLM's binary format, and for what is no model
 */
export async function loadNGramModel(path: string): Promise<NGramModel> {
  if (!/\.arpa(\.gz)?$/.test(path)) {
    const bytes = await readFile(path);
    if (bytes.subarray(0, KENLM_MAGIC.length).toString('latin1') === KENLM_MAGIC) {
      throw new Error(
        `[@marco-ts/data] loadNGramModel: a model must be ARPA or of marco data train-ngram, got KenLM's binary format at ${path}. Its layout depends on the build: give the .arpa that build_binary was given.`,
      );
    }
    return decodeNGramModel(bytes);
  }
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  return readArpa(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }));
}
