/**
 * The thread behind `createBatchEncoder`: makes the tokenizer from its files and answers batches.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createTokenizer } from '../create-tokenizer.ts';
import type { BatchReply, BatchRequest } from './batch-encoder.ts';

const files = workerData as Record<string, string>;
const tokenizer = createTokenizer({
  tokenizerJson: files['tokenizer.json']!,
  tokenizerConfig: files['tokenizer_config.json']!,
});
const port = parentPort!;

port.on('message', ({ texts, isOrdinary }: BatchRequest) => {
  const parts = texts.map((text) => (isOrdinary ? tokenizer.encodeOrdinary(text) : tokenizer.encode(text)));
  const starts = new Int32Array(parts.length + 1);
  for (const [index, part] of parts.entries()) starts[index + 1] = starts[index]! + part.length;
  const ids = new Int32Array(starts[parts.length]!);
  for (const [index, part] of parts.entries()) ids.set(part, starts[index]!);
  const reply: BatchReply = { ids, starts };
  port.postMessage(reply, [ids.buffer, starts.buffer]);
});
port.postMessage('ready');
