/**
 * Starts the worker threads that help with large kernels: `worker_threads` in Node, Web Workers from a blob in pages.
 *
 * Their start is waited for, so that the first step is shared already and a start that fails is known to the caller.
 * Workers never keep the process alive.
 */

const NODE_SOURCE = `
const { parentPort } = require('node:worker_threads');
parentPort.once('message', ({ module, memory, thread }) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  parentPort.postMessage('ready');
  exports.workerLoop(thread);
});
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
  terminate(): Promise<number>;
  postMessage(message: unknown): void;
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

/** A worker thread that was told to start and waits for its kernels. */
interface Starting {
  /** Resolves when the worker takes part or patience is over; rejects when it cannot. */
  run(message: { module: WebAssembly.Module; memory: WebAssembly.Memory; thread: number }): Promise<void>;
  stop(): void;
}

function starting(
  worker: { postMessage(message: unknown): void; terminate(): unknown },
  whenReady: (ready: () => void) => void,
  whenFailed: (failed: (error: unknown) => void) => void,
): Starting {
  const failed = new Promise<never>((_, reject) => whenFailed(reject));
  // Told by `run`, which may come later.
  failed.catch(() => {});
  return {
    run(message) {
      const ready = new Promise<void>((resolve) => whenReady(resolve));
      worker.postMessage(message);
      return soon(Promise.race([ready, failed]));
    },
    stop: () => void worker.terminate(),
  };
}

function startInNode({ Worker }: WorkerThreads): Starting {
  const worker = new Worker(NODE_SOURCE, { eval: true, execArgv: [] });
  worker.unref();
  return starting(
    worker,
    (ready) => worker.once('message', ready),
    (failed) => worker.once('error', failed),
  );
}

function startInPage(url: string): Starting {
  const worker = new Worker(url);
  return starting(
    worker,
    (ready) => {
      worker.onmessage = ready;
    },
    (failed) => {
      worker.onerror = (event) => failed(event.message ?? REFUSED);
    },
  );
}

/** Waits for a worker, but not for ever. */
async function soon(ready: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([ready, patience]).finally(() => clearTimeout(timer));
}

/** Workers that load while the kernels are compiled. */
export interface StartingWorkers {
  /**
   * Gives them the kernels; they are threads 1 to their number.
   * @returns how many there are; 0 where the engine has no workers
   * @throws what the engine reports when one cannot start
   */
  run(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<number>;
  /** Ends them where there will be no kernels to give. */
  stop(): void;
}

/**
 * @param count workers wanted
 * @throws what the engine reports when it refuses at once; what it reports later comes from `run`
 */
export function startWorkers(count: number): StartingWorkers {
  const threads = nodeWorkerThreads();
  const inPage = !threads && typeof Worker !== 'undefined' && typeof Blob !== 'undefined';
  const url = inPage ? URL.createObjectURL(new Blob([WEB_SOURCE], { type: 'text/javascript' })) : null;
  const workers = Array.from({ length: count }, () =>
    threads ? startInNode(threads) : url === null ? null : startInPage(url),
  ).filter((worker) => worker !== null);
  const revoke = () => {
    if (url !== null) URL.revokeObjectURL(url);
  };
  return {
    async run(module, memory) {
      try {
        await Promise.all(workers.map((worker, i) => worker.run({ module, memory, thread: i + 1 })));
        return workers.length;
      } finally {
        revoke();
      }
    },
    stop() {
      for (const worker of workers) worker.stop();
      revoke();
    },
  };
}
