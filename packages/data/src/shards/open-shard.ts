/**
 * Opens a shard, checks it, and reads tokens by position.
 *
 * Small shards are held in memory as written; large ones are read from the file piece by piece.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSizeBytes } from '../storage/write-directory-atomic.ts';
import type { Shard, ShardInfo } from './shard.ts';
import { DOCUMENTS_FILE, INFO_FILE, TOKENS_FILE } from './write-shard.ts';

/** How thoroughly a shard is checked, and whether it is held in memory. */
export interface OpenShardOptions {
  /** Read the whole file once to compare its checksum; false trusts the length alone. */
  readonly verifyChecksum?: boolean;
  /** Token files up to this size stay in memory. */
  readonly maxResidentBytes?: number;
}

const DEFAULT_MAX_RESIDENT_BYTES = 64 * 2 ** 20;

function refuse(rule: string, got: string, where: string): Error {
  return new Error(
    `[@marco-ts/data] openShard: ${rule}, got ${got} at ${where}. Write the shard again: remove the directory of its stage and run once more.`,
  );
}

async function readInfo(directory: string): Promise<ShardInfo> {
  const path = join(directory, INFO_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `[@marco-ts/data] openShard: a shard directory must hold ${INFO_FILE}, got none at ${directory}. Is this the directory that writeShard made?`,
      { cause: error },
    );
  }
  let info: Partial<ShardInfo>;
  try {
    info = JSON.parse(text) as Partial<ShardInfo>;
  } catch (error) {
    throw refuse(`${INFO_FILE} must be JSON`, error instanceof Error ? error.message : 'no JSON', path);
  }
  if (info === null || typeof info !== 'object' || info.formatVersion !== 1) {
    throw refuse('formatVersion must be 1', JSON.stringify(info?.formatVersion ?? null), path);
  }
  const counts = [info.numTokens, info.numDocuments, info.vocabSize, info.eosTokenId];
  if (!counts.every((count) => Number.isSafeInteger(count) && count! >= 0)) {
    throw refuse('numTokens, numDocuments, vocabSize and eosTokenId must be counts', JSON.stringify(counts), path);
  }
  if (info.dtype !== 'uint16' && info.dtype !== 'uint32') {
    throw refuse('dtype must be uint16 or uint32', JSON.stringify(info.dtype ?? null), path);
  }
  if (!Array.isArray(info.languages) || typeof info.tokensChecksum !== 'string' || typeof info.name !== 'string') {
    throw refuse('name, languages and checksums must be there', Object.keys(info).join(', '), path);
  }
  if (info.tokenizerFingerprint !== undefined && typeof info.tokenizerFingerprint !== 'string') {
    throw refuse('tokenizerFingerprint must be text', JSON.stringify(info.tokenizerFingerprint), path);
  }
  return info as ShardInfo;
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

async function expectSize(path: string, expected: number): Promise<void> {
  const size = await fileSizeBytes(path);
  if (size === undefined) throw refuse(`the file must hold ${expected} bytes`, 'no file', path);
  if (size === expected) return;
  const kind =
    size < expected ? `a file cut off after byte ${size}` : `${size - expected} bytes more from byte ${expected} on`;
  throw refuse(`the file must hold ${expected} bytes`, kind, path);
}

/** Typed views need alignment, which a piece of Node's buffer pool lacks: that is copied, a buffer of its own is taken as it is. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return (isWhole ? bytes.buffer : new Uint8Array(bytes).buffer) as ArrayBuffer;
}

/**
 * @throws Error when a file is missing, cut off, too long, or its checksum or document table is wrong
 */
export async function openShard(directory: string, options: OpenShardOptions = {}): Promise<Shard> {
  const info = await readInfo(directory);
  const tokensPath = join(directory, TOKENS_FILE);
  const documentsPath = join(directory, DOCUMENTS_FILE);
  const bytesPerToken = info.dtype === 'uint16' ? 2 : 4;
  const sizeBytes = info.numTokens * bytesPerToken;
  await expectSize(tokensPath, sizeBytes);
  await expectSize(documentsPath, (info.numDocuments + 1) * 8 + info.numDocuments * 2);
  const documentBytes = await readFile(documentsPath);
  if (createHash('sha256').update(documentBytes).digest('hex') !== info.documentsChecksum) {
    throw refuse('the checksum of the document table must hold', 'another one', documentsPath);
  }
  const documentBuffer = ownBuffer(documentBytes);
  const offsets = new Float64Array(documentBuffer, 0, info.numDocuments + 1);
  const languageIds = new Uint16Array(documentBuffer, (info.numDocuments + 1) * 8, info.numDocuments);
  if (offsets[0] !== 0 || offsets[info.numDocuments] !== info.numTokens) {
    throw refuse(
      `document offsets must span 0 to ${info.numTokens}`,
      `${offsets[0]} to ${offsets[info.numDocuments]}`,
      documentsPath,
    );
  }
  const isResident = sizeBytes <= (options.maxResidentBytes ?? DEFAULT_MAX_RESIDENT_BYTES);
  const resident = isResident ? await readFile(tokensPath) : undefined;
  if (options.verifyChecksum ?? true) {
    const checksum =
      resident === undefined ? await checksumOf(tokensPath) : createHash('sha256').update(resident).digest('hex');
    if (checksum !== info.tokensChecksum) {
      throw refuse(
        `the tokens' checksum must be ${info.tokensChecksum.slice(0, 12)}…`,
        `${checksum.slice(0, 12)}…`,
        tokensPath,
      );
    }
  }
  const View = info.dtype === 'uint16' ? Uint16Array : Uint32Array;
  const tokens = resident === undefined ? undefined : new View(ownBuffer(resident));
  let file = resident === undefined ? openSync(tokensPath, 'r') : undefined;
  let isClosed = false;

  const expectDocument = (index: number): void => {
    if (!Number.isInteger(index) || index < 0 || index >= info.numDocuments) {
      throw new Error(
        `[@marco-ts/data] Shard: a document index must be in [0, ${info.numDocuments}), got ${index} at ${info.name}. Was the plan made from another shard?`,
      );
    }
  };
  return {
    info,
    directory,
    documentLength: (index) => {
      expectDocument(index);
      return offsets[index + 1]! - offsets[index]!;
    },
    documentLanguage: (index) => {
      expectDocument(index);
      return info.languages[languageIds[index]!]!;
    },
    readTokens: (index, start, length, target, targetOffset) => {
      expectDocument(index);
      const first = offsets[index]! + start;
      if (start < 0 || length < 0 || first + length > offsets[index + 1]!) {
        throw new Error(
          `[@marco-ts/data] Shard: tokens must lie within their document of ${offsets[index + 1]! - offsets[index]!}, got [${start}, ${start + length}) at document ${index} of ${info.name}. Was the plan made from another shard?`,
        );
      }
      if (isClosed)
        throw new Error(
          `[@marco-ts/data] Shard: it must be open to be read, got a closed one at ${info.name}. Open it again.`,
        );
      if (tokens !== undefined) {
        target.set(tokens.subarray(first, first + length), targetOffset);
        return;
      }
      const bytes = new Uint8Array(length * bytesPerToken);
      let done = 0;
      while (done < bytes.length) {
        const read = readSync(file!, bytes, done, bytes.length - done, first * bytesPerToken + done);
        if (read === 0)
          throw refuse(
            'the file must not shrink while it is read',
            `its end at byte ${first * bytesPerToken + done}`,
            tokensPath,
          );
        done += read;
      }
      target.set(new View(bytes.buffer), targetOffset);
    },
    close: () => {
      isClosed = true;
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
