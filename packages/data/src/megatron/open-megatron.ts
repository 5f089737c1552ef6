/**
 * Opens Megatron-LM's `.bin` and `.idx` as a shard, so that packing and batches take both alike; tokens are read by position.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Shard } from '../shards/shard.ts';
import { fileSizeBytes } from '../storage/write-directory-atomic.ts';
import { decodeMegatronIndex, type MegatronIndex } from './megatron-index.ts';

/** What the files do not say of themselves. */
export interface OpenMegatronOptions {
  /** Mixture source that the documents count towards. */
  readonly source: string;
  /** Unique among the shards of a run; the prefix when absent. */
  readonly name?: string;
  /** Of all documents: the format says none. */
  readonly language?: string;
  /** What the tokens' ids lie below. */
  readonly vocabSize: number;
  readonly eosTokenId: number;
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** Tokens and first byte of each document: its sequences lie one behind another. */
function documentTable({ lengths, offsets, documents, bytesPerToken }: MegatronIndex, path: string) {
  const numDocuments = documents.length - 1;
  const starts = new Float64Array(numDocuments);
  const numTokens = new Float64Array(numDocuments);
  for (let document = 0; document < numDocuments; document++) {
    const first = documents[document]!;
    starts[document] = offsets[first] ?? 0;
    let end = starts[document]!;
    for (let sequence = first; sequence < documents[document + 1]!; sequence++) {
      if (offsets[sequence] !== end) {
        throw new Error(
          `[@marco-ts/data] openMegatron: the sequences of a document must lie one behind another, got byte ${offsets[sequence]} after ${end} at sequence ${sequence} of ${path}. Write the dataset again.`,
        );
      }
      end += lengths[sequence]! * bytesPerToken;
    }
    numTokens[document] = (end - starts[document]!) / bytesPerToken;
  }
  return { starts, numTokens };
}

const VIEWS = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, int64: BigInt64Array };

/**
 * @param prefix path without `.bin` and `.idx`
 * @throws Error when a file is missing or does not fit the other
 */
export async function openMegatron(prefix: string, options: OpenMegatronOptions): Promise<Shard> {
  const [binPath, idxPath] = [`${prefix}.bin`, `${prefix}.idx`];
  const index = decodeMegatronIndex(await readFile(idxPath), idxPath);
  const { bytesPerToken, dtype } = index;
  const { starts, numTokens } = documentTable(index, idxPath);
  const total = numTokens.reduce((sum, count) => sum + count, 0);
  const sizeBytes = await fileSizeBytes(binPath);
  if (sizeBytes !== total * bytesPerToken) {
    throw new Error(
      `[@marco-ts/data] openMegatron: the tokens must fill ${total * bytesPerToken} bytes, got ${sizeBytes ?? 'no file'} at ${binPath}. Are both files of one dataset?`,
    );
  }
  const language = options.language ?? 'und_Zyyy';
  const name = options.name ?? prefix;
  let file: number | undefined = openSync(binPath, 'r');
  const expectDocument = (document: number): void => {
    if (!Number.isInteger(document) || document < 0 || document >= starts.length) {
      throw new Error(
        `[@marco-ts/data] Shard: a document index must be in [0, ${starts.length}), got ${document} at ${name}. Was the plan made from another shard?`,
      );
    }
  };
  return {
    info: {
      formatVersion: 1,
      name,
      source: options.source,
      languages: [language],
      dtype: dtype === 'uint16' || dtype === 'uint8' ? 'uint16' : 'uint32',
      vocabSize: options.vocabSize,
      eosTokenId: options.eosTokenId,
      numDocuments: starts.length,
      numTokens: total,
      numBytes: 0,
      languageTokens: [total],
      tokensChecksum: await checksumOf(binPath),
      documentsChecksum: await checksumOf(idxPath),
    },
    directory: prefix,
    documentLength: (document) => {
      expectDocument(document);
      return numTokens[document]!;
    },
    documentLanguage: (document) => {
      expectDocument(document);
      return language;
    },
    readTokens: (document, start, length, target, targetOffset) => {
      expectDocument(document);
      if (file === undefined || start < 0 || length < 0 || start + length > numTokens[document]!) {
        throw new Error(
          `[@marco-ts/data] Shard: tokens must lie within their document of an open shard, got [${start}, ${start + length}) of ${numTokens[document]} at document ${document} of ${name}. Was the plan made from another shard?`,
        );
      }
      const bytes = new Uint8Array(length * bytesPerToken);
      const from = starts[document]! + start * bytesPerToken;
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(file, bytes, done, bytes.length - done, from + done);
        if (read === 0) {
          throw new Error(
            `[@marco-ts/data] Shard: the file must not shrink while it is read, got its end at byte ${from + done} of ${binPath}. Write the dataset again.`,
          );
        }
        done += read;
      }
      const values = new VIEWS[dtype](bytes.buffer);
      for (let i = 0; i < length; i++) target[targetOffset + i] = Number(values[i]);
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
