/**
 * Tokenizes documents into one shard directory, streaming, and moves it into place only when it is whole.
 *
 * Format: see `shard.ts`. Every document ends with the end-of-text token. Units: token counts include it.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { DocumentSource } from '../document.ts';
import { writeDirectoryAtomic, writeFileSynced } from '../storage/write-directory-atomic.ts';
import type { ShardInfo, ShardTokenizer } from './shard.ts';
import { createTokenWriter } from './token-writer.ts';

/** What the shard is called, and what its documents count towards. */
export interface WriteShardOptions {
  /** Unique among the shards of a run. */
  readonly name: string;
  /** Mixture source that the documents count towards. */
  readonly source: string;
  readonly signal?: AbortSignal;
}

export const TOKENS_FILE = 'tokens.bin';
export const DOCUMENTS_FILE = 'documents.bin';
export const INFO_FILE = 'shard.json';

const MAX_UINT16_VOCAB = 65536;

/** Grows by doubling; plain arrays of numbers would take eight times the memory of uint16. */
class GrowingFloat64 {
  #values = new Float64Array(1024);
  length = 0;
  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }
  view(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

/**
 * @param directory must not exist or be empty
 * @param documents empty texts are refused: filters drop them before
 * @returns what was written, as `shard.json` holds it
 * @throws Error for ids outside the vocabulary, an empty text, or a directory in use
 */
export async function writeShard(
  directory: string,
  documents: DocumentSource,
  tokenizer: ShardTokenizer,
  options: WriteShardOptions,
): Promise<ShardInfo> {
  if (endianness() !== 'LE') {
    throw new Error(
      `[@marco-ts/data] writeShard: shards are little-endian, got a ${endianness()} machine. Write them on another one.`,
    );
  }
  const dtype = tokenizer.vocabSize <= MAX_UINT16_VOCAB ? 'uint16' : 'uint32';
  let info: ShardInfo | undefined;
  await writeDirectoryAtomic(directory, async (temporary) => {
    const offsets = new GrowingFloat64();
    const languageIds = new GrowingFloat64();
    const languages: string[] = [];
    const languageTokens: number[] = [];
    let numTokens = 0;
    let numBytes = 0;
    let tokensChecksum: string;
    const file = await open(join(temporary, TOKENS_FILE), 'w');
    const tokens = createTokenWriter(file, dtype === 'uint16' ? 2 : 4, tokenizer);
    try {
      offsets.push(0);
      for await (const document of documents) {
        options.signal?.throwIfAborted();
        if (document.text === '') {
          throw new Error(
            `[@marco-ts/data] writeShard: a document must have text, got an empty one at ${document.id}. Filter empty documents before.`,
          );
        }
        const length = await tokens.append(document);
        let languageId = languages.indexOf(document.language);
        if (languageId < 0) {
          languageId = languages.push(document.language) - 1;
          languageTokens.push(0);
        }
        numTokens += length;
        numBytes += Buffer.byteLength(document.text);
        languageTokens[languageId]! += length;
        languageIds.push(languageId);
        offsets.push(numTokens);
      }
      tokensChecksum = await tokens.finish();
    } finally {
      await file.close();
    }
    const offsetBytes = new Uint8Array(offsets.view().slice().buffer);
    const languageBytes = new Uint8Array(Uint16Array.from(languageIds.view()).buffer);
    const documentBytes = new Uint8Array(offsetBytes.length + languageBytes.length);
    documentBytes.set(offsetBytes);
    documentBytes.set(languageBytes, offsetBytes.length);
    await writeFileSynced(join(temporary, DOCUMENTS_FILE), documentBytes);
    info = {
      formatVersion: 1,
      name: options.name,
      source: options.source,
      languages,
      dtype,
      vocabSize: tokenizer.vocabSize,
      eosTokenId: tokenizer.eosTokenId,
      ...(tokenizer.fingerprint && { tokenizerFingerprint: tokenizer.fingerprint() }),
      numDocuments: languageIds.length,
      numTokens,
      numBytes,
      languageTokens,
      tokensChecksum,
      documentsChecksum: createHash('sha256').update(documentBytes).digest('hex'),
    };
    await writeFileSynced(join(temporary, INFO_FILE), `${JSON.stringify(info, null, 2)}\n`);
  });
  return info!;
}
