/**
 * The contestant for tokenizers: ours, or Hugging Face's in JavaScript, on texts read from a folder.
 *
 * Usage: node tokenizers.program.js ours|tokenizers-js <folder with texts.json and the tokenizer's files>, then requests on standard input.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Tokenizer as JavaScriptTokenizer } from '@huggingface/tokenizers';
import { type BatchEncoder, createBatchEncoder, loadTokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { benchError } from '../bench-error.ts';
import { answerRequests } from './answer-requests.ts';

export interface TokenizerRequest {
  readonly task: 'encode' | 'offsets' | 'train' | 'batch' | 'long';
  readonly vocabSize: number;
  readonly threads: number;
}

export interface TokenizerReply {
  readonly seconds: number;
  /** Tokens, or the size of the vocabulary. */
  readonly count: number;
  /** CRC-32 of the ids as little-endian words of 32 bits, where they are compared. */
  readonly checksum?: number;
}

/** @returns the work of a request, whose preparation is not timed; it gives ids, or counts tokens or the size of the vocabulary */
type Prepare = (request: TokenizerRequest) => Promise<() => number | Int32Array | Promise<number>>;

const [who, folder] = process.argv.slice(2) as [string, string];

await answerRequests<TokenizerRequest>(async () => {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const texts = (await read('texts.json')) as string[];
  const prepareWork =
    who === 'ours'
      ? await ours(texts)
      : javascript(texts, new JavaScriptTokenizer(await read('tokenizer.json'), await read('tokenizer_config.json')));
  return {
    facts: {},
    async answer(request) {
      const work = await prepareWork(request);
      const start = performance.now();
      const result = await work();
      const seconds = (performance.now() - start) / 1000;
      if (typeof result === 'number') return { seconds, count: result };
      return {
        seconds,
        count: result.length,
        checksum: crc32(new Uint8Array(result.buffer, result.byteOffset, result.byteLength)),
      };
    },
  };
});

async function ours(texts: string[]): Promise<Prepare> {
  const tokenizer = await loadTokenizer(folder);
  const batchEncoders = new Map<number, BatchEncoder>();
  return async ({ task, vocabSize, threads }) => {
    switch (task) {
      case 'encode':
        return () => texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0);
      case 'offsets':
        return () => texts.reduce((sum, text) => sum + tokenizer.encodeWithOffsets(text).ids.length, 0);
      case 'train':
        return () => trainTokenizer(texts, { vocabSize }).vocabSize;
      case 'batch': {
        const encoder = batchEncoders.get(threads) ?? (await createBatchEncoder(tokenizer, { numWorkers: threads }));
        batchEncoders.set(threads, encoder);
        return async () => (await encoder.encode(texts)).reduce((sum, ids) => sum + ids.length, 0);
      }
      case 'long': {
        const word = await readFile(join(folder, 'long.txt'), 'utf8');
        return () => tokenizer.encode(word);
      }
    }
  };
}

function javascript(texts: string[], tokenizer: JavaScriptTokenizer): Prepare {
  return async ({ task }) => {
    if (task !== 'encode') throw benchError('tokenizers', `tokenizers-js can only encode, got ${task}.`);
    return () => texts.reduce((sum, text) => sum + tokenizer.encode(text).ids.length, 0);
  };
}
