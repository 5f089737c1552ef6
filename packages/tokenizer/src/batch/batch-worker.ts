/**
 * The thread behind `createBatchEncoder`: makes the tokenizer from its files and answers batches.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { appendIds, type IdList } from '../bpe/id-list.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import type { BatchReply, BatchRequest } from './batch-encoder.ts';

const files = workerData as Record<string, string>;
const tokenizer = createTokenizer({
  tokenizerJson: files['tokenizer.json']!,
  tokenizerConfig: files['tokenizer_config.json']!,
});
const port = parentPort!;

const list: IdList = { ids: new Int32Array(1 << 16), count: 0 };

port.on('message', ({ texts, isOrdinary }: BatchRequest) => {
  list.count = 0;
  const starts = new Int32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) {
    if (isOrdinary) tokenizer.appendOrdinary(text, list);
    else appendIds(list, tokenizer.encode(text));
    starts[index + 1] = list.count;
  }
  const ids = list.ids.slice(0, list.count);
  const reply: BatchReply = { ids, starts };
  port.postMessage(reply, [ids.buffer, starts.buffer]);
});
port.postMessage('ready');
