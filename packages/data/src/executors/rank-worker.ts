/**
 * A worker thread that does ranks: opens the run once, then answers each rank it is given with `done` or an error.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type DataRun, openRun } from '../plan/open-run.ts';
import { type RankResult, runRank } from '../world/run-rank.ts';

export interface RankRequest {
  readonly stage: string;
  readonly rank: number;
  readonly worldSize: number;
}

export type RankReply =
  | { readonly kind: 'unit'; readonly rank: number; readonly numUnits: number }
  | { readonly kind: 'done'; readonly result: RankResult }
  | { readonly kind: 'failed'; readonly message: string; readonly stack?: string };

const { output } = workerData as { readonly output: string };
let opened: Promise<DataRun> | undefined;

async function answer({ stage: name, rank, worldSize }: RankRequest): Promise<RankReply> {
  try {
    opened ??= openRun(output);
    const { run, stages } = await opened;
    const stage = stages.find((candidate) => candidate.name === name)!;
    const onUnit = (_index: number, numUnits: number): void => reply({ kind: 'unit', rank, numUnits });
    return { kind: 'done', result: await runRank({ run, stage, rank, worldSize, onUnit }) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { kind: 'failed', message, ...(stack === undefined ? {} : { stack }) };
  }
}

const reply = (message: RankReply): void => parentPort!.postMessage(message);

parentPort!.on('message', async (request: RankRequest) => reply(await answer(request)));
