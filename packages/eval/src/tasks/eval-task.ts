/**
 * What a task is and what it gives back. A task asks a model about its items; everything else is computed from its samples.
 *
 * Source: the idea of a versioned task of prompt, metric and result schema is lm-evaluation-harness's.
 */
import type { LanguageModel, RequestNotice } from '../model/language-model.ts';
import type { MetricDefinition, MetricValue } from './metric-definition.ts';
import type { TaskDocument } from './task-document.ts';

/** A value that survives JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A task with its items, ready to be asked of any model. */
export interface EvalTask {
  readonly name: string;
  /** raised whenever scores stop being comparable */
  readonly version: number;
  /** items before any limit, by group of `macroBy` */
  readonly numItems: Readonly<Record<string, number>>;
  /** which request it makes, in lm-evaluation-harness's words */
  readonly outputType: 'loglikelihood' | 'loglikelihood_rolling' | 'multiple_choice' | 'generate_until';
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** whatever makes the numbers what they are: prompt, delimiters, tokenizers */
  readonly config: Readonly<Record<string, Json>>;
  /** the grouping in which each group counts once in a macro average */
  readonly macroBy: string;
  /** groups of the registry that the task counts in, such as 'belebele' or 'mmlu_stem' */
  readonly memberOf?: readonly string[] | undefined;
  /** its items, where each is answered by one round of requests: what can be resumed and shared among ranks */
  readonly documents?: readonly TaskDocument[] | undefined;
  /** items that have no document, with why; `run` reports them too */
  readonly unusable?: readonly SkippedItem[] | undefined;
  /** such as sacrebleu's, by metric and group; `run` reports them too */
  readonly signatures?: Readonly<Record<string, string>> | undefined;
  /** Asks a model about every item within the limit. */
  run(model: LanguageModel, context: TaskContext): Promise<TaskRun>;
}

/** How a task is asked. */
export interface TaskContext {
  /** at most this many items of each group of `macroBy`, the first ones */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told as requests are answered, with the number of all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What one item came to: its groups, its numbers, and what was asked and answered. */
export interface EvalSample {
  readonly id: string;
  /** such as language, tier, direction, kind */
  readonly groups: Readonly<Record<string, string>>;
  /** one row per metric of the task; a sample without a row does not count there */
  readonly statistics: Readonly<Record<string, readonly number[]>>;
  /** what was asked and answered, for people and for `samples_*.jsonl` */
  readonly record: Readonly<Record<string, Json>>;
}

/** What a task's items came to, before they are scored. */
export interface TaskRun {
  readonly samples: readonly EvalSample[];
  /** items that the model could not answer, with why; they are in no score */
  readonly skipped: readonly SkippedItem[];
  /** such as sacrebleu's signatures by group */
  readonly signatures?: Readonly<Record<string, string>>;
  /** of this run; default those that the model added to its own */
  readonly notices?: readonly RequestNotice[];
}

/** An item that is in no score, and why. */
export interface SkippedItem {
  readonly id: string;
  readonly reason: string;
}

/** The scores of a group of samples. */
export interface GroupResult {
  readonly numSamples: number;
  /** over the samples of the group */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** mean over the `macroBy` groups inside; absent where there is only the one */
  readonly macro?: Readonly<Record<string, MetricValue & { readonly count: number }>>;
}

/** The scores of a task, and all that is needed to compare or compute them again. */
export interface TaskResult {
  readonly version: number;
  readonly outputType: EvalTask['outputType'];
  readonly config: Readonly<Record<string, Json>>;
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  readonly macroBy: string;
  /** original: before the limit; effective: scored */
  readonly numItems: {
    readonly original: number;
    readonly originalByGroup: Readonly<Record<string, number>>;
    readonly effective: number;
  };
  readonly overall: GroupResult;
  /** groups.language.swh_Latn, groups.tier.low, groups.direction['eng_Latn-swh_Latn'], groups.kind.truncated */
  readonly groups: Readonly<Record<string, Readonly<Record<string, GroupResult>>>>;
  /** sqrt(p(1-p)/n) of guessing, for metrics with a chance level */
  readonly chanceStderr: Readonly<Record<string, number | null>>;
  readonly signatures: Readonly<Record<string, string>>;
  readonly skipped: readonly SkippedItem[];
  readonly numTruncated: number;
  readonly numRefused: number;
  /** requests that a server failed to answer */
  readonly numFailed: number;
  /** the first of them, to look at */
  readonly notices: readonly RequestNotice[];
  readonly samples: readonly EvalSample[];
  readonly seconds: number;
  /** groups of the registry that the task counts in */
  readonly memberOf?: readonly string[] | undefined;
}
