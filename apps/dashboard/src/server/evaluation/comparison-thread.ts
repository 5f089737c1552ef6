/**
 * The thread that `compareInThread` starts: one comparison by the paired test of @marco-ts/eval, one reply.
 *
 * Differs from a plain table of p-values: they are adjusted for the number of groups that a metric is told for (Holm), since forty languages
 * at 0.05 would make two of them "significant" by chance.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { adjustPValues, compareResults, type EvalResults } from '@marco-ts/eval';
import type { ComparisonView } from '../../api-types.ts';
import type { ComparisonReply, ComparisonRequest } from './compare-in-thread.ts';

/** The least p that a test can give is 1 over one more than this: low enough to stand an adjustment for forty languages. */
const NUM_RESAMPLES = 2000;
const SIGNIFICANCE = 0.05;

function compare({ before, after }: ComparisonRequest): ComparisonView[] {
  const rows = compareResults(before as unknown as EvalResults, after as unknown as EvalResults, {
    numResamples: NUM_RESAMPLES,
  });
  const families = Map.groupBy(rows, ({ task, metric, grouping }) => `${task} ${metric} ${grouping}`);
  return [...families.values()].flatMap((family) => {
    const adjusted = adjustPValues(family.map(({ pValue }) => pValue));
    return family.map((row, index): ComparisonView => {
      const adjustedPValue = adjusted[index]!;
      return { ...row, adjustedPValue, significant: adjustedPValue !== null && adjustedPValue < SIGNIFICANCE };
    });
  });
}

let reply: ComparisonReply;
try {
  reply = { rows: compare(workerData as ComparisonRequest) };
} catch (error) {
  reply = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(reply);
