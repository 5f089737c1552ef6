/**
 * The model's own thread: opens it and answers, so that the page stays free to scroll, type and stop.
 */
import { disposeParams, initBackend, tf } from '@marco-ts/core';
import { generate } from '@marco-ts/model';
import { createStreamingDecoder, fitConversation } from '@marco-ts/tokenizer';
import type { FromWorker, ToWorker } from './messages.ts';
import { modelFiles } from './model-files.ts';
import { type OpenModel, openModel } from './open-model.ts';

let model: OpenModel | undefined;
let answering: AbortController | undefined;
/** What was asked waits for what was asked before it; only stopping does not wait. */
let queue = Promise.resolve();

const tell = (message: FromWorker): void => postMessage(message);

addEventListener('message', ({ data: message }: MessageEvent<ToWorker>) => {
  answering?.abort();
  if (message.kind === 'stop') return;
  queue = queue
    .then(() => (message.kind === 'open' ? open(message) : say(message)))
    .catch((error: unknown) =>
      tell({ kind: 'error', message: error instanceof Error ? error.message : String(error) }),
    );
});

async function open({ place, backend }: Extract<ToWorker, { kind: 'open' }>): Promise<void> {
  if (model) disposeParams(model.params);
  model = undefined;
  tell({ kind: 'progress', text: 'starting the backend' });
  const record = await initBackend(backend === undefined ? {} : { prefer: [backend] });
  model = await openModel(modelFiles(place), (text) => tell({ kind: 'progress', text }));
  const { name, numThreads, adapter } = record;
  const detail = adapter ?? (numThreads === undefined ? undefined : `${numThreads} threads`);
  tell({
    kind: 'ready',
    backend: detail ? `${name} (${detail})` : name,
    numParameters: model.numParameters,
    sizeBytes: tf.memory().numBytes,
  });
}

async function say({ messages, maxNewTokens, temperature }: Extract<ToWorker, { kind: 'say' }>): Promise<void> {
  if (!model) throw new Error('There is no model yet. Choose one first.');
  const { params, config, tokenizer, eosTokenIds, sampling } = model;
  const { prompt, numForgotten } = fitConversation(tokenizer, {
    messages,
    contextLength: config.maxPositionEmbeddings,
    maxNewTokens,
  });
  answering = new AbortController();
  const { signal } = answering;
  const startedMs = performance.now();
  let numTokens = 0;
  const decoder = createStreamingDecoder(tokenizer);
  try {
    await generate({
      params,
      config,
      prompts: [prompt],
      maxNewTokens: Math.min(maxNewTokens, config.maxPositionEmbeddings - prompt.length),
      eosTokenIds,
      ...sampling,
      ...(temperature !== undefined && { temperature }),
      seed: messages.length,
      signal,
      onToken: () => {
        numTokens++;
      },
      text: { createDecoder: () => decoder, onText: (text) => tell({ kind: 'piece', text }) },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    answering = undefined;
  }
  const durationMs = performance.now() - startedMs;
  tell({ kind: 'end', numTokens, durationMs, isStopped: signal.aborted, numForgotten });
}
