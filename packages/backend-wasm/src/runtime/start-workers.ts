/**
 * Starts the worker threads that help with large kernels: `worker_threads` in Node, Web Workers from a blob in pages.
 *
 * Workers join whenever they are ready; work goes on without them. They never keep the process alive.
 */

const NODE_SOURCE = `
const { workerData } = require('node:worker_threads');
const { module, memory, thread } = workerData;
new WebAssembly.Instance(module, { env: { memory } }).exports.workerLoop(thread);
`;

const WEB_SOURCE = `
onmessage = ({ data: { module, memory, thread } }) => {
  new WebAssembly.Instance(module, { env: { memory } }).exports.workerLoop(thread);
};
`;

interface NodeWorker {
  unref(): void;
  on(event: 'error', listener: (error: Error) => void): void;
}
interface WorkerThreads {
  Worker: new (source: string, options: object) => NodeWorker;
}

const warn = (error: unknown): void =>
  console.warn(
    `[@marco-ts/backend-wasm] a worker thread stopped (${String(error)}); its share of the work is done by the others.`,
  );

/** `node:worker_threads` without an import that bundlers for pages would follow. */
function nodeWorkerThreads(): WorkerThreads | null {
  const host = (
    globalThis as { process?: { getBuiltinModule?: (name: string) => unknown; versions?: { node?: string } } }
  ).process;
  if (!host?.versions?.node) return null;
  return (host.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined) ?? null;
}

/** @returns how many workers were started */
export function startWorkers(module: WebAssembly.Module, memory: WebAssembly.Memory, count: number): number {
  const threads = nodeWorkerThreads();
  if (threads) {
    for (let thread = 1; thread <= count; thread++) {
      const worker = new threads.Worker(NODE_SOURCE, {
        eval: true,
        execArgv: [],
        workerData: { module, memory, thread },
      });
      worker.on('error', warn);
      worker.unref();
    }
    return count;
  }
  if (typeof Worker === 'undefined' || typeof Blob === 'undefined') return 0;
  const url = URL.createObjectURL(new Blob([WEB_SOURCE], { type: 'text/javascript' }));
  for (let thread = 1; thread <= count; thread++) {
    const worker = new Worker(url);
    worker.onerror = (event) => warn(event.message);
    worker.postMessage({ module, memory, thread });
  }
  return count;
}
