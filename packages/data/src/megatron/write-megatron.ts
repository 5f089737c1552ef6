/**
 * Tokenizes documents into Megatron-LM's `.bin` and `.idx`, streaming; each document is one sequence that ends with the end-of-text token.
 *
 * Source: `tools/preprocess_data.py --append-eod` of Megatron-LM. Both files get their names when they are whole.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { DocumentSource } from '../document.ts';
import type { ShardTokenizer } from '../shards/shard.ts';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';
import { encodeMegatronIndex, megatronDtype } from './megatron-index.ts';

export interface WrittenMegatron {
  readonly numDocuments: number;
  /** Includes the end-of-text token of every document. */
  readonly numTokens: number;
  readonly dtype: 'uint16' | 'int32';
}

const BUFFER_TOKENS = 1 << 18;

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
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
  const buffer = dtype === 'uint16' ? new Uint16Array(BUFFER_TOKENS) : new Int32Array(BUFFER_TOKENS);
  const lengths: number[] = [];
  let used = 0;
  let numTokens = 0;
  const temporary = { bin: `${prefix}.bin.writing`, idx: `${prefix}.idx.writing` };
  try {
    const file = await open(temporary.bin, 'w');
    try {
      const flush = async (): Promise<void> => {
        await writeAll(file, new Uint8Array(buffer.buffer, 0, used * buffer.BYTES_PER_ELEMENT));
        used = 0;
      };
      for await (const { text } of documents) {
        options.signal?.throwIfAborted();
        const ids = tokenizer.encodeOrdinary(text);
        for (let i = 0; i <= ids.length; i++) {
          if (used === BUFFER_TOKENS) await flush();
          buffer[used++] = i < ids.length ? ids[i]! : tokenizer.eosTokenId;
        }
        lengths.push(ids.length + 1);
        numTokens += ids.length + 1;
      }
      await flush();
      await file.sync();
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
