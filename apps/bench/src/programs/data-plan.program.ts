/**
 * The contestant for whole plans: every step over a folder of JSON lines, on worker threads. Nothing else is in the process, so that the most
 * memory it ever held is the run's.
 *
 * Usage: node data-plan.program.js, then requests on standard input.
 * Units: seconds of the clock; peakRssBytes is of this process with all its threads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDataPlan, runLocal, startRun } from '@marco-ts/data';
import { answerRequests } from './answer-requests.ts';

export interface DataPlanRequest {
  /** Folder of JSON lines. */
  readonly folder: string;
  readonly workers: number;
}

const STEPS = [
  'normalize',
  'identify',
  'characterShares',
  'gopherQuality',
  'gopherRepetition',
  'fineWebQuality',
  'dedup',
  'write',
];

async function runPlan({ folder, workers }: DataPlanRequest) {
  const output = mkdtempSync(join(tmpdir(), 'bench-plan-'));
  try {
    const inputs = [{ path: folder, languageKey: '-' }];
    const checked = checkDataPlan({ name: 'bench', inputs, output, worldSize: workers * 2, steps: STEPS });
    if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
    const started = performance.now();
    await runLocal(await startRun(checked.plan), { numWorkers: workers });
    const { maxRSS } = process.resourceUsage();
    return { seconds: (performance.now() - started) / 1000, peakRssBytes: maxRSS * 1024 };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

await answerRequests<DataPlanRequest>(async () => ({ facts: {}, answer: runPlan }));
