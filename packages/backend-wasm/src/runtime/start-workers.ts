/**
 * Starts the worker threads that help with large kernels: `worker_threads` in Node, Web Workers from a blob in pages.
 *
 * Their start is waited for, so that the first step is shared already and a start that fails is known to the caller.
 * Workers never keep the process alive.
 */

const NODE_SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, memory, thread } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { memory } });
parentPort.postMessage('ready');
exports.workerLoop(thread);
`;

const WEB_SOURCE = `
onmessage = ({ data: { module, memory, thread } }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  postMessage('ready');
  exports.workerLoop(thread);
};
`;

/** A worker that could not even be loaded tells no reason; this is the usual one. */
const REFUSED = 'does the Content-Security-Policy of the page allow worker-src blob:?';

/** A worker that is not up by then joins later. */
const PATIENCE_MS = 2000;

interface NodeWorker {
  unref(): void;
  once(event: 'message' | 'error', listener: (value: unknown) => void): void;
}
interface WorkerThreads {
  Worker: new (source: string, options: object) => NodeWorker;
}

/** `node:worker_threads` without an import that bundlers for pages would follow. */
function nodeWorkerThreads(): WorkerThreads | null {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: string) => unknown; versions?: { node?: string } };
  };
  if (!host.process?.versions?.node) return null;
  return (host.process.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined) ?? null;
}

/** Resolves when the worker is up or patience is over; rejects when it fails. */
function untilReady(start: (ready: () => void, failed: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    start(
      () => {
        clearTimeout(timer);
        resolve();
      },
      (error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

/**
 * @param count workers wanted; they are threads 1 to `count`
 * @returns how many were started; 0 where there are no workers at all
 * @throws what the engine reports when one cannot start
 */
export async function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
): Promise<number> {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const threads = nodeWorkerThreads();
  if (threads) {
    await Promise.all(
      numbers.map((thread) =>
        untilReady((ready, failed) => {
          const workerData = { module, memory, thread };
          const worker = new threads.Worker(NODE_SOURCE, { eval: true, execArgv: [], workerData });
          worker.once('error', failed);
          worker.once('message', ready);
          worker.unref();
        }),
      ),
    );
    return count;
  }
  if (typeof Worker === 'undefined' || typeof Blob === 'undefined') return 0;
  const url = URL.createObjectURL(new Blob([WEB_SOURCE], { type: 'text/javascript' }));
  await Promise.all(
    numbers.map((thread) =>
      untilReady((ready, failed) => {
        const worker = new Worker(url);
        worker.onerror = (event) => failed(event.message ?? REFUSED);
        worker.onmessage = ready;
        worker.postMessage({ module, memory, thread });
      }),
    ),
  );
  URL.revokeObjectURL(url);
  return count;
}
