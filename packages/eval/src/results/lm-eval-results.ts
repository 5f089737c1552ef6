/**
 * Results in the key style of lm-evaluation-harness's `results_*.json` and `samples_*.jsonl`.
 *
 * Each language (or direction) of a task is a task of its own, `<task>_<group>`, and the task itself is the group over them, with
 * the macro average, as in the harness's multilingual groups.
 *
 * Source: `lm_eval.evaluator.simple_evaluate` and `EvaluationTracker`, 0.4.
 * Differs: fields that need a Python model (torch dtype, pretty_env_info, chat template hashes) are not made up but left out.
 */
import type { EvalSample, Json, TaskResult } from '../tasks/eval-task.ts';
import type { MetricValue } from '../tasks/metric-definition.ts';
import type { EvalResults } from './eval-results.ts';

/** What the harness writes about a run and the results do not hold. */
export interface LmEvalOptions {
  /** Unix time in seconds, for `date` */
  readonly date?: number | undefined;
  readonly modelSource?: string | undefined;
  readonly maxLength?: number | undefined;
}

/** The contents of a `results_*.json`. */
export type LmEvalResults = Readonly<Record<string, Json>>;

/** @returns the object of `results_*.json` */
export function lmEvalResults(results: EvalResults, options: LmEvalOptions = {}): LmEvalResults {
  const table: Record<string, Json> = {};
  const groups: Record<string, Json> = {};
  const subtasks: Record<string, Json> = {};
  const configs: Record<string, Json> = {};
  const versions: Record<string, Json> = {};
  const shots: Record<string, Json> = {};
  const better: Record<string, Json> = {};
  const counts: Record<string, Json> = {};
  for (const [name, task] of Object.entries(results.tasks)) {
    if (task.memberOf) {
      table[name] = { name, alias: name, sample_len: task.overall.numSamples, ...metricFields(task.overall.metrics) };
      configs[name] = { output_type: task.outputType, ...task.config };
      versions[name] = task.version;
      shots[name] = task.config.num_fewshot ?? 0;
      better[name] = directionsOf(task);
      counts[name] = { original: task.numItems.original, effective: task.overall.numSamples };
      continue;
    }
    const parts = Object.entries(task.groups[task.macroBy] ?? {});
    const directions = directionsOf(task);
    for (const [part, group] of parts) {
      const key = `${name}_${part}`;
      table[key] = { alias: ` - ${key}`, ...metricFields(group.metrics), sample_len: group.numSamples };
      configs[key] = { task: key, output_type: task.outputType, metadata: { version: task.version }, ...task.config };
      versions[key] = task.version;
      shots[key] = 0;
      better[key] = directions;
      counts[key] = { original: task.numItems.originalByGroup[part]!, effective: group.numSamples };
    }
    const headline = {
      alias: name,
      ...metricFields(task.overall.macro ?? task.overall.metrics),
      sample_len: task.overall.numSamples,
    };
    table[name] = headline;
    groups[name] = headline;
    subtasks[name] = parts.map(([part]) => `${name}_${part}`);
    versions[name] = task.version;
    shots[name] = 0;
    better[name] = directions;
  }
  for (const [group, members] of groupsOf(results)) {
    const headline = groupFields(
      group,
      members.map((name) => results.tasks[name]!),
    );
    table[group] = headline;
    groups[group] = headline;
    subtasks[group] = members;
    shots[group] = shots[members[0]!]!;
    better[group] = better[members[0]!]!;
  }
  return {
    results: table,
    groups,
    group_subtasks: subtasks,
    configs,
    versions,
    'n-shot': shots,
    higher_is_better: better,
    'n-samples': counts,
    config: {
      model: 'marco-ts',
      model_args: results.modelName,
      limit: results.config.limit,
      bootstrap_iters: results.config.numResamples,
      random_seed: results.config.seed,
      ...results.config.extra,
    },
    ...(options.date === undefined ? {} : { date: options.date }),
    ...(options.maxLength === undefined ? {} : { max_length: options.maxLength }),
    model_source: options.modelSource ?? 'marco-ts',
    model_name: results.modelName,
    model_name_sanitized: sanitizeModelName(results.modelName),
    total_evaluation_time_seconds: String(results.seconds),
  };
}

/** One line of `samples_<task>_*.jsonl` per sample. */
export function lmEvalSamples(task: TaskResult): Record<string, Json>[] {
  return task.samples.map((sample, index) => ({
    doc_id: index,
    doc: { id: sample.id, ...sample.groups, ...sample.record },
    filter: 'none',
    metrics: Object.keys(sample.statistics),
    ...sampleValues(sample, task),
  }));
}

/** What file systems refuse in names becomes two underscores, as lm-eval names its folders. */
export function sanitizeModelName(name: string): string {
  return name.replace(/["<>:/|\\?*[\]]+/g, '__');
}

/** Metrics without their filters. */
function directionsOf({ metrics }: TaskResult): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(metrics).map(([metric, { higherIsBetter }]) => [metric.split(',')[0]!, higherIsBetter]),
  );
}

/** `acc` is `acc,none` there, `exact_match,strict-match` is what it is. */
function metricFields(metrics: Readonly<Record<string, MetricValue>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { value, stderr }]) => {
      const [metric, filter = 'none'] = name.split(',');
      return [
        [`${metric},${filter}`, value],
        [`${metric}_stderr,${filter}`, stderr ?? 'N/A'],
      ];
    }),
  );
}

/** Groups of the registry with two members or more among the results. */
function groupsOf(results: EvalResults): [string, string[]][] {
  const members = Object.entries(results.tasks).flatMap(([name, { memberOf = [] }]) =>
    memberOf.map((group) => ({ group, name })),
  );
  return [...Map.groupBy(members, ({ group }) => group)]
    .map(([group, own]): [string, string[]] => [group, own.map(({ name }) => name)])
    .filter(([, own]) => own.length > 1);
}

/**
 * Shares weigh by the number of samples, corpus scores count each task once.
 * Source: `aggregate_subtask_metrics` and `pooled_sample_stderr` of the harness.
 */
function groupFields(group: string, members: readonly TaskResult[]): Record<string, Json> {
  const sizes = members.map(({ overall }) => overall.numSamples);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shared = Object.keys(members[0]!.metrics).filter((metric) =>
    members.every(({ overall }) => overall.metrics[metric]),
  );
  const metrics = shared.map((metric): [string, MetricValue] => {
    const values = members.map(({ overall }) => overall.metrics[metric]!);
    if (members[0]!.metrics[metric]!.kind.type !== 'ratio') {
      return [metric, { value: values.reduce((sum, { value }) => sum + value, 0) / values.length, stderr: null }];
    }
    const value = values.reduce((sum, own, index) => sum + own.value * sizes[index]!, 0) / total;
    const spread = values.reduce(
      (sum, { stderr }, index) => sum + (sizes[index]! - 1) * (stderr ?? 0) ** 2 * sizes[index]!,
      0,
    );
    const stderr = total > members.length ? Math.sqrt(spread / (total - members.length) / total) : null;
    return [metric, { value, stderr }];
  });
  const fields = metricFields(Object.fromEntries(metrics));
  const counted = Object.keys(fields).filter((key) => !key.includes('_stderr,'));
  return {
    alias: group,
    name: group,
    sample_len: total,
    ...fields,
    sample_count: Object.fromEntries(counted.map((key) => [key, total])),
  };
}

/** A ratio of a single sample is its own value; corpus scores keep their statistics. */
function sampleValues(sample: EvalSample, task: TaskResult): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(sample.statistics).map(([metric, row]) => {
      const kind = task.metrics[metric]!.kind;
      return [metric, kind.type === 'ratio' ? (kind.scale * row[0]!) / row[1]! : row];
    }),
  );
}
