/**
 * Tokens of documents on their way to a file: they are encoded into one list, which is written and counted into a checksum when it is long.
 *
 * On disk: little-endian, without a header; the end-of-text token closes every document. Units: lengths are tokens.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { appendIds } from '@marco-ts/tokenizer';
import type { Document } from '../document.ts';
import type { ShardTokenizer } from './shard.ts';

/** Writes tokens of documents to one file. */
export interface TokenWriter {
  /** @returns the document's length, its end-of-text token included @throws Error for an id outside the vocabulary */
  append(document: Document): Promise<number>;
  /** Writes what is left and waits until it is on the disk. @returns SHA-256, hexadecimal */
  finish(): Promise<string>;
}

const LIST_TOKENS = 1 << 18;

/** @param file open for writing, empty; the caller closes it */
export function createTokenWriter(file: FileHandle, bytesPerToken: 2 | 4, tokenizer: ShardTokenizer): TokenWriter {
  const hash = createHash('sha256');
  const endOfText = [tokenizer.eosTokenId];
  const list = { ids: new Int32Array(LIST_TOKENS * 1.25), count: 0 };
  const flush = async (): Promise<void> => {
    const ids = list.ids.subarray(0, list.count);
    const tokens = bytesPerToken === 2 ? Uint16Array.from(ids) : ids;
    const bytes = new Uint8Array(tokens.buffer, 0, tokens.byteLength);
    hash.update(bytes);
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
    list.count = 0;
  };
  return {
    async append(document) {
      const start = list.count;
      tokenizer.appendOrdinary(document.text, list);
      expectTokens(list.ids.subarray(start, list.count), tokenizer.vocabSize, document.id);
      appendIds(list, endOfText);
      const length = list.count - start;
      if (list.count >= LIST_TOKENS) await flush();
      return length;
    },
    async finish() {
      await flush();
      await file.sync();
      return hash.digest('hex');
    },
  };
}

function expectTokens(ids: Int32Array, vocabSize: number, documentId: string): void {
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! >>> 0 >= vocabSize) {
      throw new Error(
        `[@marco-ts/data] writeShard: token ids must be in [0, ${vocabSize}), got ${ids[i]} at token ${i} of document ${documentId}. Is this tokenizer whole?`,
      );
    }
  }
}
