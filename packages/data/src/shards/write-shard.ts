/**
 * Tokenizes documents into one shard directory, streaming, and moves it into place only when it is whole.
 *
 * Format: see `shard.ts`. Every document ends with the end-of-text token. Units: token counts include it.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { DocumentSource } from '../document.ts';
import { writeDirectoryAtomic, writeFileSynced } from '../storage/write-directory-atomic.ts';
import type { ShardInfo, ShardTokenizer } from './shard.ts';

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

const BUFFER_TOKENS = 1 << 18;
const MAX_UINT16_VOCAB = 65536;
const encoder = new TextEncoder();

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

/** Writes all of `bytes`, however many calls that takes. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset);
    offset += bytesWritten;
  }
}

function expectTokens(ids: Int32Array, tokenizer: ShardTokenizer, id: string): void {
  for (let i = 0; i < ids.length; i++) {
    const token = ids[i]!;
    if (token < 0 || token >= tokenizer.vocabSize) {
      throw new Error(
        `[@marco-ts/data] writeShard: token ids must be in [0, ${tokenizer.vocabSize}), got ${token} at token ${i} of document ${id}. Is this tokenizer whole?`,
      );
    }
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
    const buffer = dtype === 'uint16' ? new Uint16Array(BUFFER_TOKENS) : new Uint32Array(BUFFER_TOKENS);
    const hash = createHash('sha256');
    const offsets = new GrowingFloat64();
    const languageIds = new GrowingFloat64();
    const languages: string[] = [];
    const languageTokens: number[] = [];
    let used = 0;
    let numTokens = 0;
    let numBytes = 0;
    const file = await open(join(temporary, TOKENS_FILE), 'w');
    const flush = async (): Promise<void> => {
      const bytes = new Uint8Array(buffer.buffer, 0, used * buffer.BYTES_PER_ELEMENT);
      hash.update(bytes);
      await writeAll(file, bytes);
      used = 0;
    };
    try {
      offsets.push(0);
      for await (const document of documents) {
        options.signal?.throwIfAborted();
        if (document.text === '') {
          throw new Error(
            `[@marco-ts/data] writeShard: a document must have text, got an empty one at ${document.id}. Filter empty documents before.`,
          );
        }
        const ids = tokenizer.encodeOrdinary(document.text);
        expectTokens(ids, tokenizer, document.id);
        for (let i = 0; i <= ids.length; i++) {
          if (used === BUFFER_TOKENS) await flush();
          buffer[used++] = i < ids.length ? ids[i]! : tokenizer.eosTokenId;
        }
        let languageId = languages.indexOf(document.language);
        if (languageId < 0) {
          languageId = languages.push(document.language) - 1;
          languageTokens.push(0);
        }
        numTokens += ids.length + 1;
        numBytes += encoder.encode(document.text).length;
        languageTokens[languageId]! += ids.length + 1;
        languageIds.push(languageId);
        offsets.push(numTokens);
      }
      await flush();
      await file.sync();
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
      numDocuments: languageIds.length,
      numTokens,
      numBytes,
      languageTokens,
      tokensChecksum: hash.digest('hex'),
      documentsChecksum: createHash('sha256').update(documentBytes).digest('hex'),
    };
    await writeFileSynced(join(temporary, INFO_FILE), `${JSON.stringify(info, null, 2)}\n`);
  });
  return info!;
}
