/**
 * Documents gathered into the blocks of a file: JSON lines, each block compressed by itself.
 */
import { promisify } from 'node:util';
import { constants, gzip, type ZstdOptions, zstdCompress } from 'node:zlib';
import type { Document } from '../document.ts';
import type { Compression } from '../readers/input-file.ts';
import { rowOfPair } from '../readers/pairs/pair-document.ts';

export interface BlockEncoder {
  add(document: Document): void;
  /** Bytes of documents that wait for `takeBlock`. */
  readonly heldBytes: number;
  /** Bytes of all documents so far. */
  readonly takenBytes: number;
  /** @returns the bytes to append for what waits; none where nothing does */
  takeBlock(): Promise<Uint8Array>;
  /** @returns the bytes that end the file */
  finish(): Promise<Uint8Array>;
}

const gzipAsync = promisify(gzip);
const zstdAsync = promisify<Uint8Array, ZstdOptions, Buffer>(zstdCompress);
/** Without a checksum a changed byte would be read as other text. */
const ZSTD_OPTIONS: ZstdOptions = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };

/** The row that `readDocuments` reads back as the same document; of a pair the one that `readPairs` reads. */
function rowOfDocument(document: Document): Record<string, unknown> {
  const { id, text, language, metadata } = document;
  return rowOfPair(document) ?? { id, text, language, metadata };
}

export function createJsonlEncoder(compression: Compression): BlockEncoder {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let takenBytes = 0;
  return {
    add(document) {
      const line = Buffer.from(`${JSON.stringify(rowOfDocument(document))}\n`);
      held.push(line);
      heldBytes += line.length;
      takenBytes += line.length;
    },
    get heldBytes() {
      return heldBytes;
    },
    get takenBytes() {
      return takenBytes;
    },
    async takeBlock() {
      const block = Buffer.concat(held);
      held = [];
      heldBytes = 0;
      if (block.length === 0 || compression === 'none') return block;
      return compression === 'gzip' ? gzipAsync(block) : zstdAsync(block, ZSTD_OPTIONS);
    },
    finish: async () => new Uint8Array(),
  };
}
