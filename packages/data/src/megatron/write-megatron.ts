/**
 * Tokenizes documents into Megatron-LM's `.bin` and `.idx`, streaming; each document is one sequence that ends with the end-of-text token.
 *
 * Source: `tools/preprocess_data.py --append-eod` of Megatron-LM. Both files get their names when they are whole.
 */
import { open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { DocumentSource } from '../document.ts';
import type { ShardTokenizer } from '../shards/shard.ts';
import { createTokenWriter } from '../shards/token-writer.ts';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';
import { encodeMegatronIndex, megatronDtype } from './megatron-index.ts';

/** What was written. */
export interface WrittenMegatron {
  readonly numDocuments: number;
  /** Includes the end-of-text token of every document. */
  readonly numTokens: number;
  readonly dtype: 'uint16' | 'int32';
}

/**
 * @param prefix path without `.bin` and `.idx`; files that are there are replaced
 * @throws Error on a big-endian machine; what the tokenizer or the disk throws, nothing is left behind then
 */
export async function writeMegatron(
  prefix: string,
  documents: DocumentSource,
  tokenizer: ShardTokenizer,
  options: { readonly signal?: AbortSignal } = {},
): Promise<WrittenMegatron> {
  if (endianness() !== 'LE') {
    throw new Error(
      `[@marco-ts/data] writeMegatron: the machine must be little-endian, got ${endianness()}. Write on another one.`,
    );
  }
  const dtype = megatronDtype(tokenizer.vocabSize);
  const lengths: number[] = [];
  let numTokens = 0;
  const temporary = { bin: `${prefix}.bin.writing`, idx: `${prefix}.idx.writing` };
  try {
    const file = await open(temporary.bin, 'w');
    try {
      const tokens = createTokenWriter(file, dtype === 'uint16' ? 2 : 4, tokenizer);
      for await (const document of documents) {
        options.signal?.throwIfAborted();
        const length = await tokens.append(document);
        lengths.push(length);
        numTokens += length;
      }
      await tokens.finish();
    } finally {
      await file.close();
    }
    await writeFileSynced(temporary.idx, encodeMegatronIndex(Int32Array.from(lengths), dtype));
    await rename(temporary.bin, `${prefix}.bin`);
    await rename(temporary.idx, `${prefix}.idx`);
  } catch (error) {
    await Promise.all([rm(temporary.bin, { force: true }), rm(temporary.idx, { force: true })]);
    throw error;
  }
  return { numDocuments: lengths.length, numTokens, dtype };
}
