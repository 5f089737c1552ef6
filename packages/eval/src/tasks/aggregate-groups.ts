/**
 * Scores of groups of tasks, such as 'belebele' over its languages or 'mmlu_stem' over its subjects, from the samples of their members.
 *
 * Source: `aggregate_metric_list` of lm-evaluation-harness 0.4 with `weight_by_size`: the pooled score; the macro average, in which each language
 * counts once, and the scores by tier stand beside it.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Aggregate, aggregateSamples } from './aggregate-samples.ts';
import type { TaskResult } from './eval-task.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** The scores of a group over its member tasks. */
export interface GroupAggregate extends Aggregate {
  readonly tasks: readonly string[];
  /** metrics that all members have and score alike */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  readonly macroBy: string;
}

/** Results of tasks, and the groups that they belong to. */
export interface AggregateGroupsOptions {
  readonly results: Readonly<Record<string, TaskResult>>;
  /** group name to task names, such as `taskGroups()`; groups without a member in the results are left out */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** of the errors of corpus scores; default 200 */
  readonly numResamples?: number | undefined;
  /** default 12345 */
  readonly seed?: number | string | undefined;
}

/** Groups in the order of the map; one whose members share no metric is left out. */
export function aggregateGroups(options: AggregateGroupsOptions): Record<string, GroupAggregate> {
  const { results, groups, numResamples = 200, seed = 12345 } = options;
  const aggregates: Record<string, GroupAggregate> = {};
  for (const [group, names] of groups) {
    const tasks = names.filter((name) => results[name] !== undefined);
    const members = tasks.map((name) => results[name]!);
    const samples = members.flatMap((member) => member.samples);
    if (samples.length === 0) continue;
    const metrics = sharedMetrics(members);
    if (Object.keys(metrics).length === 0) continue;
    const macroBy = samples.every((sample) => sample.groups.direction !== undefined) ? 'direction' : 'language';
    aggregates[group] = {
      tasks,
      metrics,
      macroBy,
      ...aggregateSamples(samples, { metrics, macroBy, numResamples, seed }),
    };
  }
  return aggregates;
}

/** Members of a group may have other tokenizers of BLEU: statistics add up all the same, so the macro average is the headline there. */
function sharedMetrics(members: readonly TaskResult[]): Record<string, MetricDefinition> {
  const [first, ...others] = members;
  const scoredAlike = (left: MetricDefinition, right: MetricDefinition | undefined): boolean =>
    right !== undefined &&
    (left.kind.type === 'bleu' ? right.kind.type === 'bleu' : isDeepStrictEqual(left.kind, right.kind));
  return Object.fromEntries(
    Object.entries(first!.metrics)
      .filter(([name, metric]) => others.every(({ metrics }) => scoredAlike(metric, metrics[name])))
      .map(([name, metric]) => {
        const chances = members.map(({ metrics }) => metrics[name]!.chance);
        const chance = chances.includes(null)
          ? null
          : chances.reduce<number>((sum, value) => sum + value!, 0) / chances.length;
        return [name, { ...metric, chance }];
      }),
  );
}
