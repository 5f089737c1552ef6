/**
 * Runs every stage of a plan on worker threads of this machine: the ranks of a stage in turn, stage after stage.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { DataRun } from '../plan/open-run.ts';
import type { Stage } from '../world/stage.ts';
import type { RankReply, RankRequest } from './rank-worker.ts';

/** How many ranks work at once, and who is told of it. */
export interface RunLocalOptions {
  /** Ranks at work at the same time. */
  readonly numWorkers: number;
  readonly signal?: AbortSignal;
  /** Told when units of a stage are done. */
  readonly onProgress?: (progress: StageProgress) => void;
}

/** How far a stage has come, in units. */
export interface StageProgress {
  readonly stage: string;
  readonly state: 'running' | 'complete';
  readonly numDone: number;
  readonly numUnits: number;
}

interface RankWorker {
  run(request: RankRequest, onUnit: () => void): Promise<void>;
  close(): Promise<void>;
}

/** Beside this file: TypeScript in the sources, JavaScript in the package. */
function workerFile(): URL {
  const built = new URL('./rank-worker.js', import.meta.url);
  return existsSync(built) ? built : new URL('./rank-worker.ts', import.meta.url);
}

function startWorker(output: string): RankWorker {
  const file = workerFile();
  // From the sources, packages of this repository are taken from their sources too.
  const conditions = file.pathname.endsWith('.ts') ? ['--conditions=@marco-ts/source'] : [];
  const worker = new Worker(file, { workerData: { output }, execArgv: [...process.execArgv, ...conditions] });
  let isClosing = false;
  let current: { readonly onReply: (reply: RankReply) => void; readonly onEnd: (error: Error) => void } | undefined;
  worker.on('message', (reply: RankReply) => current?.onReply(reply));
  worker.on('error', (error) => current?.onEnd(error as Error));
  worker.on('exit', (code) => current?.onEnd(new Error(`the worker ended with exit code ${code}`)));
  return {
    run: (request, onUnit) =>
      new Promise((resolve, reject) => {
        const fail = (cause: string): void => {
          current = undefined;
          const where = `rank ${request.rank} of ${request.worldSize} in stage ${request.stage}`;
          if (isClosing) resolve();
          else
            reject(
              new Error(
                `[@marco-ts/data] runLocal: every rank must end well, got "${cause}" at ${where}. See its log; what is done is kept: run again.`,
              ),
            );
        };
        current = {
          onReply: (reply) => {
            if (reply.kind === 'unit') return onUnit();
            if (reply.kind === 'failed') return fail(reply.message);
            current = undefined;
            resolve();
          },
          onEnd: ({ message }) => fail(message),
        };
        worker.postMessage(request);
      }),
    close: async () => {
      isClosing = true;
      await worker.terminate();
    },
  };
}

async function runStage(
  stage: Stage,
  { run, plan }: DataRun,
  workers: readonly RankWorker[],
  { signal, onProgress }: RunLocalOptions,
): Promise<void> {
  const numUnits = await stage.countUnits(run);
  const worldSize = Math.max(1, Math.min(plan.worldSize, numUnits));
  let nextRank = 0;
  let numDone = 0;
  const onUnit = (): void => {
    numDone++;
    onProgress?.({ stage: stage.name, state: 'running', numDone, numUnits });
  };
  const work = async (worker: RankWorker): Promise<void> => {
    while (nextRank < worldSize) {
      signal?.throwIfAborted();
      await worker.run({ stage: stage.name, rank: nextRank++, worldSize }, onUnit);
    }
  };
  const results = await Promise.allSettled(workers.map(work));
  signal?.throwIfAborted();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  onProgress?.({ stage: stage.name, state: 'complete', numDone: numUnits, numUnits });
}

/**
 * @throws the first error of a rank, after the ranks at work have ended; the signal's reason when it is raised: what was done is kept
 */
export async function runLocal(dataRun: DataRun, options: RunLocalOptions): Promise<void> {
  const numWorkers = Math.max(1, Math.min(options.numWorkers, dataRun.plan.worldSize));
  const workers = Array.from({ length: numWorkers }, () => startWorker(dataRun.run.path));
  const stop = (): void => void Promise.all(workers.map((worker) => worker.close()));
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    for (const stage of dataRun.stages) await runStage(stage, dataRun, workers, options);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await Promise.all(workers.map((worker) => worker.close()));
  }
}
