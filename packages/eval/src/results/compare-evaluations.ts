/**
 * A base model against an adapted one: every score with its change, significance corrected for the number of rows, what was forgotten, and the
 * samples on which the two disagree.
 *
 * Source: Holm 1979 for the correction, within each metric and kind of group (all languages of all tasks are one family).
 */
import { adjustPValues } from '../statistics/adjust-p-values.ts';
import type { EvalSample, Json, TaskResult } from '../tasks/eval-task.ts';
import { type CompareOptions, type ComparisonRow, compareResults } from './compare-results.ts';
import type { EvalContamination } from './contamination.ts';
import type { EvalResults } from './eval-results.ts';
import { groupResults } from './group-results.ts';

/** A row of the comparison whose significance allows for the number of rows. */
export interface CorrectedRow extends ComparisonRow {
  /** Holm's; null where there is no test. `significant` goes by it. */
  readonly adjustedPValue: number | null;
}

/** Samples of a task by which of the two models answered them right; of metrics that are 0 or 1 for each sample. */
export interface Disagreements {
  readonly task: string;
  readonly metric: string;
  readonly bothRight: number;
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  readonly bothWrong: number;
  /** lost ones first, then gained ones, as many of each as asked for */
  readonly examples: readonly {
    readonly id: string;
    readonly kind: 'lost' | 'gained';
    readonly language: string | null;
    readonly before: Readonly<Record<string, Json>>;
    readonly after: Readonly<Record<string, Json>>;
  }[];
}

/** What changed between two evaluations. */
export interface EvaluationComparison {
  readonly before: string;
  readonly after: string;
  readonly alpha: number;
  readonly rows: readonly CorrectedRow[];
  /** rows of a language, tier or direction that became worse by more than chance */
  readonly forgetting: readonly CorrectedRow[];
  readonly disagreements: readonly Disagreements[];
  /** tasks that only one of the two was asked */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  /** of the texts in the training text of the later model, else of the earlier, by task and group */
  readonly contamination?: EvalContamination;
}

/** How changes are tested, and how many examples are shown. */
export interface CompareEvaluationsOptions extends CompareOptions {
  /** of each kind and task; default 3 */
  readonly numExamples?: number | undefined;
}

/** @throws Error when the two have no task in common, or a task's versions or samples differ */
export function compareEvaluations(
  before: EvalResults,
  after: EvalResults,
  options: CompareEvaluationsOptions = {},
): EvaluationComparison {
  const { alpha = 0.05, numExamples = 3, numResamples = 10_000 } = options;
  // Groups are made of what both were asked, or a task that one lacks would count as a change.
  const [first, second] = [groupResults(sharedTasks(before, after)), groupResults(sharedTasks(after, before))];
  const raw = compareResults(first, second, { ...options, numResamples });
  const rows: CorrectedRow[] = raw.map((row) => ({ ...row, adjustedPValue: null }));
  for (const family of Map.groupBy(
    rows.keys(),
    (index) => `${rows[index]!.metric}\n${rows[index]!.grouping}`,
  ).values()) {
    const adjusted = adjustPValues(family.map((index) => rows[index]!.pValue));
    for (const [position, index] of family.entries()) {
      const adjustedPValue = adjusted[position]!;
      rows[index] = { ...rows[index]!, adjustedPValue, significant: adjustedPValue !== null && adjustedPValue < alpha };
    }
  }
  const contamination = second.contamination ?? first.contamination;
  return {
    before: before.modelName,
    after: after.modelName,
    alpha,
    rows,
    forgetting: rows.filter(
      ({ grouping, significant, improved, delta }) => grouping !== 'overall' && significant && !improved && delta !== 0,
    ),
    disagreements: Object.entries(first.tasks).flatMap(([task, result]) =>
      disagreementsOf(task, result, second.tasks[task], numExamples),
    ),
    onlyBefore: Object.keys(before.tasks).filter((task) => !Object.hasOwn(after.tasks, task)),
    onlyAfter: Object.keys(after.tasks).filter((task) => !Object.hasOwn(before.tasks, task)),
    ...(contamination && { contamination }),
  };
}

function sharedTasks(results: EvalResults, other: EvalResults): EvalResults {
  const shared = Object.entries(results.tasks).filter(([task]) => Object.hasOwn(other.tasks, task));
  // Without one in common, all are kept so that the comparison can name them.
  return shared.length === 0 ? results : { ...results, tasks: Object.fromEntries(shared) };
}

function disagreementsOf(
  task: string,
  before: TaskResult,
  after: TaskResult | undefined,
  numExamples: number,
): Disagreements[] {
  if (after === undefined) return [];
  const later = new Map(after.samples.map((sample) => [sample.id, sample]));
  return Object.keys(before.metrics).flatMap((metric): Disagreements[] => {
    const pairs = before.samples.flatMap((sample) => {
      const other = later.get(sample.id);
      const [own, theirs] = [isRight(sample, metric), other && isRight(other, metric)];
      return own === undefined || theirs === undefined ? [] : [{ sample, other: other!, own, theirs }];
    });
    if (pairs.length === 0) return [];
    const count = (own: boolean, theirs: boolean): number =>
      pairs.filter((pair) => pair.own === own && pair.theirs === theirs).length;
    const examples = (['lost', 'gained'] as const).flatMap((kind) =>
      pairs
        .filter(({ own, theirs }) => own === (kind === 'lost') && theirs !== own)
        .slice(0, numExamples)
        .map(({ sample, other }) => ({
          id: sample.id,
          kind,
          language: sample.groups.language ?? null,
          before: sample.record,
          after: other.record,
        })),
    );
    return [
      {
        task,
        metric,
        bothRight: count(true, true),
        onlyBefore: count(true, false),
        onlyAfter: count(false, true),
        bothWrong: count(false, false),
        examples,
      },
    ];
  });
}

/** undefined where the metric is not one of right or wrong. */
function isRight({ statistics }: EvalSample, metric: string): boolean | undefined {
  const row = statistics[metric];
  return row?.length === 2 && row[1] === 1 && (row[0] === 0 || row[0] === 1) ? row[0] === 1 : undefined;
}
