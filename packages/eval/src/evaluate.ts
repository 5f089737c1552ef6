/**
 * Runs tasks on a model and scores them: overall, per group of each kind and as macro averages, with standard errors.
 *
 * Units: seconds of wall clock, asking included.
 */
import { inputError } from './input-error.ts';
import type { LanguageModel } from './model/language-model.ts';
import type { EvalResults } from './results/eval-results.ts';
import { binomialStandardError } from './statistics/standard-error.ts';
import { aggregateSamples } from './tasks/aggregate-samples.ts';
import type { EvalTask, Json, TaskResult } from './tasks/eval-task.ts';

/** How far an evaluation has come. */
export interface EvaluateProgress {
  readonly task: string;
  /** position of the task, from 0, and number of tasks */
  readonly taskIndex: number;
  readonly numTasks: number;
  /** requests of this task answered and asked; a request may be one window of a longer text */
  readonly done: number;
  readonly total: number;
}

/** How much is asked, how errors are estimated, and what is written into the results. */
export interface EvaluateOptions {
  /** at most this many items of each language or direction; default all */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told as requests are answered. */
  readonly onProgress?: ((progress: EvaluateProgress) => void) | undefined;
  /** bootstrap resamples for the errors of corpus scores; default 200 */
  readonly numResamples?: number | undefined;
  /** default 12345 */
  readonly seed?: number | string | undefined;
  /** default model.name or 'model' */
  readonly modelName?: string | undefined;
  /** kept in the results' config */
  readonly extra?: Readonly<Record<string, Json>> | undefined;
}

const MAX_NOTICES = 20;

/** @throws Error on no tasks, two tasks of one name, or bad items; the signal's reason when aborted */
export async function evaluate(
  model: LanguageModel,
  tasks: readonly EvalTask[],
  options: EvaluateOptions = {},
): Promise<EvalResults> {
  const { limit, signal, numResamples = 200, seed = 12345, modelName = model.name ?? 'model', extra = {} } = options;
  if (tasks.length === 0) throw inputError('evaluate', 'needs at least one task, got 0.');
  const names = tasks.map(({ name }) => name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined)
    throw inputError('evaluate', `tasks need different names, got '${doubled}' twice. Pass name.`);

  const start = performance.now();
  const results: Record<string, TaskResult> = {};
  for (const [taskIndex, task] of tasks.entries()) {
    signal?.throwIfAborted();
    const onProgress = (done: number, total: number): void =>
      options.onProgress?.({ task: task.name, taskIndex, numTasks: tasks.length, done, total });
    results[task.name] = await runTask(model, task, { limit, signal, onProgress, numResamples, seed });
  }
  return {
    format: 'marco-ts/eval-results',
    formatVersion: 1,
    modelName,
    config: { limit: limit ?? null, numResamples, seed, extra },
    tasks: results,
    seconds: (performance.now() - start) / 1000,
  };
}

interface RunOptions {
  readonly limit: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number, total: number) => void;
  readonly numResamples: number;
  readonly seed: number | string;
}

async function runTask(model: LanguageModel, task: EvalTask, options: RunOptions): Promise<TaskResult> {
  const { limit, signal, onProgress, numResamples, seed } = options;
  const start = performance.now();
  const numNotices = model.notices?.length ?? 0;
  const run = await task.run(model, { limit, signal, onProgress });
  const { samples, skipped, signatures = {} } = run;
  const notices = run.notices ?? model.notices?.slice(numNotices) ?? [];
  if (samples.length === 0) {
    const why = skipped[0] ? ` The first: item '${skipped[0].id}', ${skipped[0].reason}.` : '';
    throw inputError(
      'evaluate',
      `task '${task.name}' must have an item that the model can answer, got ${skipped.length} skipped.${why}`,
    );
  }
  const { metrics, macroBy } = task;
  const { overall, groups } = aggregateSamples(samples, { metrics, macroBy, numResamples, seed });
  const chanceStderr = Object.fromEntries(
    Object.entries(metrics).flatMap(([name, { chance }]) =>
      chance === null ? [] : [[name, binomialStandardError(chance, samples.length)]],
    ),
  );
  return {
    version: task.version,
    outputType: task.outputType,
    config: task.config,
    metrics,
    macroBy,
    numItems: {
      original: Object.values(task.numItems).reduce((sum, count) => sum + count, 0),
      originalByGroup: task.numItems,
      effective: samples.length,
    },
    overall,
    groups,
    chanceStderr,
    signatures,
    skipped,
    numTruncated: notices.filter(({ kind }) => kind === 'truncated').length,
    numRefused: notices.filter(({ kind }) => kind === 'refused').length,
    numFailed: notices.filter(({ kind }) => kind === 'failed').length,
    notices: notices.slice(0, MAX_NOTICES),
    samples,
    seconds: (performance.now() - start) / 1000,
    ...(task.memberOf && { memberOf: task.memberOf }),
  };
}
