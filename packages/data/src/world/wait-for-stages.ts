/**
 * Waits until stages are complete, for ranks that nothing else holds back: started together, each does its share of a stage when it can.
 */
import { setTimeout } from 'node:timers/promises';
import type { RunDirectory } from './run-directory.ts';
import { isStageComplete } from './run-status.ts';
import type { Stage } from './stage.ts';

/**
 * Resolves when every stage is complete.
 *
 * @param intervalMs time between two looks
 */
export async function waitForStages(
  run: RunDirectory,
  stages: readonly Stage[],
  { intervalMs = 5000, signal }: { readonly intervalMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  for (const stage of stages) {
    while (!(await isStageComplete(run, stage)))
      await setTimeout(intervalMs, undefined, signal === undefined ? {} : { signal });
  }
}
