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

export interface LmEvalOptions {
  /** Unix time in seconds, for `date` */
  readonly date?: number | undefined;
  readonly modelSource?: string | undefined;
  readonly maxLength?: number | undefined;
}

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
    const parts = Object.entries(task.groups[task.macroBy] ?? {});
    const directions = Object.fromEntries(
      Object.entries(task.metrics).map(([metric, { higherIsBetter }]) => [metric, higherIsBetter]),
    );
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

function metricFields(metrics: Readonly<Record<string, MetricValue>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { value, stderr }]) => [
      [`${name},none`, value],
      [`${name}_stderr,none`, stderr ?? 'N/A'],
    ]),
  );
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
