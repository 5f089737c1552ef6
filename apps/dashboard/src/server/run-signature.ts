/** Tells when a run's files changed, by their sizes and times: works on every file system, network ones among them. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { TRAINING_LOG_FILE } from './run-view.ts';
import type { RunsDirectory } from './runs-directory.ts';

const WATCHED_IN_STAGES = ['manifest.json', TRAINING_LOG_FILE];
const WATCHED_IN_RUN = ['recipe.json', 'run.log', 'run.lock'];

/** @returns what the run was first, and every other state until the signal */
export async function* watchRun(
  runs: RunsDirectory,
  run: readonly string[],
  { pollMs, signal }: { pollMs: number; signal: AbortSignal },
): AsyncGenerator<string> {
  let last = '';
  while (!signal.aborted) {
    const signature = await runSignature(runs, run);
    if (signature !== last) yield (last = signature);
    await delay(pollMs, undefined, { signal }).catch(() => undefined);
  }
}

async function runSignature(runs: RunsDirectory, run: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  const take = async (path: readonly string[]): Promise<void> => {
    const state = await runs.state(path);
    hash.update(`${path.join('/')} ${state?.sizeBytes} ${state?.modifiedMs}\n`);
  };
  for (const file of WATCHED_IN_RUN) await take([...run, file]);
  for (const { path } of await runs.stages(run)) {
    hash.update(`${path.join('/')}\n`);
    for (const file of WATCHED_IN_STAGES) await take([...path, file]);
  }
  return hash.digest('hex').slice(0, 16);
}
