/**
 * Two evaluations side by side: the change of every score, and whether it is more than chance.
 *
 * Samples are matched by id, so both runs must have asked the same items; the test resamples those pairs.
 * Differs from a comparison of two standard errors, which would ignore that both models saw the same items.
 */
import { inputError } from '../input-error.ts';
import { pairedBootstrap, pairedRandomization } from '../statistics/paired-test.ts';
import type { EvalSample, GroupResult, TaskResult } from '../tasks/eval-task.ts';
import { type MetricDefinition, type MetricValue, scoreOfSums, statisticsOfRows } from '../tasks/metric-definition.ts';
import type { EvalResults } from './eval-results.ts';

/** One score before and after. */
export interface ComparisonRow {
  readonly task: string;
  readonly metric: string;
  /** 'overall', or a grouping such as 'language' */
  readonly grouping: string;
  /** 'pooled' or 'macro' overall, else the group such as 'swh_Latn' or 'low (macro)' */
  readonly group: string;
  readonly before: number;
  readonly after: number;
  /** after - before */
  readonly delta: number;
  /** standard error of the two scores as if apart: sqrt(a^2 + b^2) */
  readonly stderr: number | null;
  /** of the paired test; null for macro averages and for a single sample */
  readonly pValue: number | null;
  /** pValue below alpha */
  readonly significant: boolean;
  /** the change is in the metric's good direction */
  readonly improved: boolean;
  readonly higherIsBetter: boolean;
  readonly chance: number | null;
  /** samples in both runs */
  readonly numSamples: number;
}

/** How changes are tested. */
export interface CompareOptions {
  /** default 'bootstrap' */
  readonly method?: 'bootstrap' | 'randomization' | undefined;
  /** default 1000 */
  readonly numResamples?: number | undefined;
  readonly seed?: number | string | undefined;
  /** default 0.05; it is not corrected for the number of rows */
  readonly alpha?: number | undefined;
}

/** @throws Error when no task is in both, versions differ, or a task's samples differ */
export function compareResults(before: EvalResults, after: EvalResults, options: CompareOptions = {}): ComparisonRow[] {
  const shared = Object.keys(before.tasks).filter((name) => Object.hasOwn(after.tasks, name));
  if (shared.length === 0) {
    throw inputError(
      'compareResults',
      `both results need a task in common, got ${Object.keys(before.tasks).join(', ')} and ${Object.keys(after.tasks).join(', ')}.`,
    );
  }
  return shared.flatMap((task) => compareTask(task, before.tasks[task]!, after.tasks[task]!, options));
}

interface Pair {
  readonly before: EvalSample;
  readonly after: EvalSample;
}

function compareTask(task: string, before: TaskResult, after: TaskResult, options: CompareOptions): ComparisonRow[] {
  if (before.version !== after.version) {
    throw inputError(
      'compareResults',
      `task '${task}' must have one version in both, got ${before.version} and ${after.version}. Rerun the older.`,
    );
  }
  const later = new Map(after.samples.map((sample) => [sample.id, sample]));
  const pairs = before.samples.flatMap((sample) =>
    later.has(sample.id) ? [{ before: sample, after: later.get(sample.id)! }] : [],
  );
  if (pairs.length === 0)
    throw inputError('compareResults', `task '${task}' must have asked the same items, got none in common.`);
  const rows: ComparisonRow[] = [];
  for (const [metric, definition] of Object.entries(before.metrics)) {
    if (!Object.hasOwn(after.metrics, metric)) continue;
    const add = (
      grouping: string,
      group: string,
      label: string,
      members: readonly Pair[],
      first?: GroupResult,
      second?: GroupResult,
    ) => {
      const own = members.filter((pair) => pair.before.statistics[metric] && pair.after.statistics[metric]);
      if (own.length > 0) {
        const pooled = pooledRow(metric, definition, own, first?.metrics[metric], second?.metrics[metric], options);
        rows.push({ task, metric, grouping, group, ...pooled });
      }
      const [a, b] = [first?.macro?.[metric], second?.macro?.[metric]];
      if (a && b)
        rows.push({
          task,
          metric,
          grouping,
          group: label,
          ...row(definition, a.value, b.value, a, b, null, own.length, options),
        });
    };
    add('overall', 'pooled', 'macro', pairs, before.overall, after.overall);
    for (const [grouping, groups] of Object.entries(before.groups)) {
      for (const [group, first] of Object.entries(groups)) {
        const members = pairs.filter((pair) => pair.before.groups[grouping] === group);
        add(grouping, group, `${group} (macro)`, members, first, after.groups[grouping]?.[group]);
      }
    }
  }
  return rows;
}

function pooledRow(
  metric: string,
  definition: MetricDefinition,
  pairs: readonly Pair[],
  first: MetricValue | undefined,
  second: MetricValue | undefined,
  options: CompareOptions,
): Omit<ComparisonRow, 'task' | 'metric' | 'grouping' | 'group'> {
  const test = options.method === 'randomization' ? pairedRandomization : pairedBootstrap;
  const result = test({
    before: statisticsOfRows(pairs.map((pair) => pair.before.statistics[metric]!)),
    after: statisticsOfRows(pairs.map((pair) => pair.after.statistics[metric]!)),
    score: scoreOfSums(definition.kind),
    numResamples: options.numResamples ?? 1000,
    seed: options.seed ?? 12345,
  });
  // Resampling a handful of pairs finds certainty where there is none; no test of n pairs can go below the sign test's 2^(1-n).
  const pValue = pairs.length < 2 ? null : Math.max(result.pValue, 2 ** (1 - pairs.length));
  return row(definition, result.before, result.after, first, second, pValue, pairs.length, options);
}

function row(
  definition: MetricDefinition,
  before: number,
  after: number,
  first: MetricValue | undefined,
  second: MetricValue | undefined,
  pValue: number | null,
  numSamples: number,
  { alpha = 0.05 }: CompareOptions,
): Omit<ComparisonRow, 'task' | 'metric' | 'grouping' | 'group'> {
  const { higherIsBetter, chance } = definition;
  const errors = [first?.stderr, second?.stderr];
  const stderr = errors.every((error) => typeof error === 'number') ? Math.hypot(errors[0]!, errors[1]!) : null;
  const delta = after - before;
  return {
    before,
    after,
    delta,
    stderr,
    pValue,
    significant: pValue !== null && pValue < alpha,
    improved: higherIsBetter ? delta > 0 : delta < 0,
    higherIsBetter,
    chance,
    numSamples,
  };
}
