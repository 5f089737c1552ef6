/** From two evaluations to what the report says of them: significance, forgetting, disagreements, contamination. */
import type { ContaminationReport } from '@marco-ts/data';
import { compareEvaluations, type EvalResults } from '@marco-ts/eval';
import type { ComparisonResult } from '../report/run-results.ts';

const ALPHA = 0.05;
/** Enough for p-values below those of fifty corrected rows. */
const NUM_RESAMPLES = 2000;

export function comparisonResult(
  before: EvalResults,
  after: EvalResults,
  contamination: ContaminationReport | undefined,
): ComparisonResult {
  const { rows, disagreements } = compareEvaluations(before, after, {
    alpha: ALPHA,
    numResamples: NUM_RESAMPLES,
    numExamples: 0,
  });
  return {
    alpha: ALPHA,
    rows: rows.map(({ task, metric, grouping, group, adjustedPValue, numSamples, ...row }) => ({
      task,
      metric,
      grouping,
      group,
      before: row.before,
      after: row.after,
      pValue: adjustedPValue,
      significant: row.significant,
      improved: row.improved,
      numItems: numSamples,
    })),
    disagreements: disagreements.map(({ examples: _, ...counts }) => counts),
    ...(contamination && {
      contamination: {
        n: contamination.n,
        numCompared: contamination.numCompared,
        numContaminated: contamination.numContaminated,
      },
    }),
  };
}
