/** From two evaluations to what the report says of them: significance, forgetting, disagreements, contamination. */
import type { ContaminationReport } from '@marco-ts/data';
import { compareEvaluations, type EvalResults, type Json } from '@marco-ts/eval';
import type { ComparisonResult } from '../report/run-results.ts';
import { isBenchmark } from './evaluation-result.ts';

const ALPHA = 0.05;
/** Enough for p-values below those of fifty corrected rows. */
const NUM_RESAMPLES = 2000;
/** Items lost and gained to show of each benchmark. */
const NUM_EXAMPLES = 2;

export function comparisonResult(
  before: EvalResults,
  after: EvalResults,
  contamination: ContaminationReport | undefined,
): ComparisonResult {
  const {
    rows,
    disagreements,
    contamination: taskContamination,
  } = compareEvaluations(before, after, {
    alpha: ALPHA,
    numResamples: NUM_RESAMPLES,
    numExamples: NUM_EXAMPLES,
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
      chance: row.chance,
    })),
    benchmarks: [...new Set(rows.map(({ task }) => task))].filter(isBenchmark),
    disagreements: disagreements.map(({ examples, ...counts }) => ({
      ...counts,
      examples: isBenchmark(counts.task)
        ? examples.map(({ kind, id, language, before: own, after: other }) => ({
            kind,
            id,
            language: language ?? '',
            right: rightAnswer(own),
            before: givenAnswer(own),
            after: givenAnswer(other),
          }))
        : [],
    })),
    ...(taskContamination && { taskContamination }),
    ...(contamination && {
      contamination: {
        n: contamination.n,
        numCompared: contamination.numCompared,
        numContaminated: contamination.numContaminated,
      },
    }),
  };
}

type SampleRecord = Readonly<Record<string, Json>>;

/** Of choices the text of the right one; elsewhere the target is in the task's own words, if it is there. */
function rightAnswer({ choices, gold, target }: SampleRecord): string {
  const [first] = [gold ?? null].flat();
  return Array.isArray(choices) && typeof first === 'number' ? String(choices[first]) : textOf(target);
}

function givenAnswer({ choices, prediction, answer }: SampleRecord): string {
  return Array.isArray(choices) && typeof prediction === 'number' ? String(choices[prediction]) : textOf(answer);
}

const textOf = (value: Json | undefined): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
