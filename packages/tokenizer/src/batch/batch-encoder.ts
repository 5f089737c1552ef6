/**
 * Encodes many texts on worker threads, each holding a copy of the tokenizer.
 *
 * Texts travel in batches of about BATCH_UNITS to whichever worker has least before it, with one batch waiting there so that no worker
 * waits for this thread; ids come back as one transferred array per batch.
 */
import type { Worker } from 'node:worker_threads';
import { nodeModule } from '../node-module.ts';
import type { Tokenizer } from '../tokenizer.ts';
import { describeValue, expectString, tokenizerError } from '../tokenizer-error.ts';

export interface BatchEncoderOptions {
  /** Default: one per available core. */
  readonly numWorkers?: number;
}

/** A resource: call `close` when done, or use `await using`. */
export interface BatchEncoder extends AsyncDisposable {
  readonly numWorkers: number;
  /** As `tokenizer.encode` of each text, in order. */
  encode(texts: readonly string[]): Promise<Int32Array[]>;
  /** As `tokenizer.encodeOrdinary` of each text, in order. */
  encodeOrdinary(texts: readonly string[]): Promise<Int32Array[]>;
  /** Ends the workers; work under way is rejected. */
  close(): Promise<void>;
}

export interface BatchRequest {
  readonly texts: readonly string[];
  readonly isOrdinary: boolean;
}

/** Ids of all texts of the batch, and where each begins (one more entry at the end). */
export interface BatchReply {
  readonly ids: Int32Array<ArrayBuffer>;
  readonly starts: Int32Array<ArrayBuffer>;
}

const BATCH_UNITS = 1 << 16;
/** A worker that has more than this before it is given nothing. */
const AHEAD_UNITS = 2 * BATCH_UNITS;

interface Job {
  readonly request: BatchRequest;
  readonly numUnits: number;
  readonly resolve: (reply: BatchReply) => void;
  readonly reject: (error: Error) => void;
}

/** @throws Error when `numWorkers` is not a whole number from 1, when a worker does not start, and outside Node.js */
export async function createBatchEncoder(
  tokenizer: Tokenizer,
  options: BatchEncoderOptions = {},
): Promise<BatchEncoder> {
  const instead = 'In a browser, encode text by text.';
  const { Worker } = nodeModule('createBatchEncoder', 'node:worker_threads', instead);
  const { availableParallelism } = nodeModule('createBatchEncoder', 'node:os', instead);
  const { numWorkers = availableParallelism() } = options;
  if (!Number.isInteger(numWorkers) || numWorkers < 1 || numWorkers > 1024) {
    const rule = 'numWorkers must be a whole number from 1 to 1024';
    throw tokenizerError('createBatchEncoder', rule, describeValue(numWorkers), 'Leave it out for one per core.');
  }
  // beside this file in the sources, and beside the bundle in a build
  const script = new URL(import.meta.url.endsWith('.ts') ? './batch-worker.ts' : './batch-worker.js', import.meta.url);
  const files = tokenizer.files();
  const workers = Array.from({ length: numWorkers }, () => new Worker(script, { workerData: files }));

  const waiting: Job[] = [];
  /** What each worker has before it, in the order it does it. */
  const lanes = new Map<Worker, { readonly jobs: Job[]; numUnits: number }>();
  let failure: Error | null = null;

  const fail = (error: Error) => {
    failure ??= error;
    for (const { jobs } of lanes.values()) waiting.push(...jobs);
    lanes.clear();
    for (const job of waiting.splice(0)) job.reject(failure);
  };
  const assign = () => {
    while (waiting.length > 0) {
      let next: Worker | undefined;
      for (const [worker, lane] of lanes) {
        if (lane.numUnits < (next ? lanes.get(next)!.numUnits : AHEAD_UNITS)) next = worker;
      }
      if (!next) return;
      const job = waiting.shift()!;
      const lane = lanes.get(next)!;
      lane.jobs.push(job);
      lane.numUnits += job.numUnits;
      next.postMessage(job.request);
    }
  };
  const ready = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        worker.on('message', (reply: BatchReply | 'ready') => {
          if (reply === 'ready') {
            lanes.set(worker, { jobs: [], numUnits: 0 });
            resolve();
          } else {
            const lane = lanes.get(worker);
            const job = lane?.jobs.shift();
            if (lane && job) lane.numUnits -= job.numUnits;
            job?.resolve(reply);
          }
          assign();
        });
        worker.on('error', (error) => {
          fail(error instanceof Error ? error : new Error(String(error)));
          reject(error);
        });
        worker.on('exit', () => {
          fail(
            tokenizerError(
              'createBatchEncoder',
              'workers must run until close',
              'one that ended',
              'Make a new batch encoder.',
            ),
          );
        });
      }),
  );

  const close = async () => {
    fail(
      tokenizerError(
        'createBatchEncoder',
        'the batch encoder must be open',
        'a closed one',
        'Make a new batch encoder.',
      ),
    );
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  try {
    await Promise.all(ready);
  } catch (error) {
    await close();
    throw error;
  }

  const encodeAll = async (name: string, texts: readonly string[], isOrdinary: boolean): Promise<Int32Array[]> => {
    if (!Array.isArray(texts)) {
      throw tokenizerError(name, 'texts must be an array of strings', describeValue(texts), 'Pass an array.');
    }
    for (const [index, text] of texts.entries()) expectString(name, `texts[${index}]`, text);
    const replies: Promise<Int32Array[]>[] = [];
    for (let from = 0; from < texts.length; ) {
      let to = from;
      let numUnits = 0;
      // counted from 1 a text, so that empty ones make no endless batch
      for (; to < texts.length && numUnits < BATCH_UNITS; to++) numUnits += 1 + texts[to]!.length;
      const request = { texts: texts.slice(from, to), isOrdinary };
      replies.push(
        new Promise<BatchReply>((resolve, reject) => {
          if (failure) reject(failure);
          else waiting.push({ request, numUnits, resolve, reject });
        }).then(({ ids, starts }) => request.texts.map((_, i) => ids.subarray(starts[i]!, starts[i + 1]!))),
      );
      from = to;
    }
    assign();
    return (await Promise.all(replies)).flat();
  };

  return {
    numWorkers,
    encode: (texts) => encodeAll('encode', texts, false),
    encodeOrdinary: (texts) => encodeAll('encodeOrdinary', texts, true),
    close,
    [Symbol.asyncDispose]: close,
  };
}
