/**
 * A benchmark as data: where its rows are, how a row becomes a prompt, and what the answers are scored by.
 *
 * Source: the task configuration of lm-evaluation-harness 0.4 (`TaskConfig`), whose defaults these are.
 * Differs: templates are functions of a row; what a YAML file says is turned into such functions by `readTaskYaml`.
 */
import type { Json } from '../eval-task.ts';
import type { MetricDefinition } from '../metric-definition.ts';

export type Row = Readonly<Record<string, unknown>>;

/** One side of a parallel set: a file of its own, line by line beside the others. */
export interface ParallelSide {
  /** field of the joined rows */
  readonly column: string;
  /** what the name of its file holds, such as 'swh_Latn' */
  readonly name: string;
}

export interface DatasetReference {
  /** `owner/name` on the Hub, also the folder below a local root */
  readonly path: string;
  /** the same rows elsewhere, such as in the authors' repository; looked for where the first is not there */
  readonly published?: DatasetReference | undefined;
  /** the configuration, mostly the language */
  readonly name?: string | undefined;
  /** of CSV and TSV files that have no header */
  readonly columns?: readonly string[] | undefined;
  /** for sets with a file for each language instead of rows that hold all */
  readonly parallel?: readonly ParallelSide[] | undefined;
}

export interface Splits {
  readonly training?: string | undefined;
  readonly validation?: string | undefined;
  readonly test?: string | undefined;
}

export interface FewShotRule {
  /** default: training, else validation, else test */
  readonly split?: string | undefined;
  /** 'default' draws with the seed, anew for each document; default 'default' */
  readonly sampler?: 'default' | 'first_n' | undefined;
  /** fixed examples instead of a split */
  readonly examples?: readonly Row[] | undefined;
}

/** Choices as continuations of one text. */
export interface ChoicePrompt {
  readonly type: 'multiple_choice';
  readonly text: (row: Row) => string;
  readonly choices: (row: Row) => readonly string[];
  /** index of the right choice, or of each right one */
  readonly gold: (row: Row) => number | readonly number[];
  /** default ['acc'] */
  readonly metrics?: readonly ChoiceMetric[] | undefined;
}

/** Choices as contexts of one continuation, as in Winograd schemas. */
export interface ContextChoicePrompt {
  readonly type: 'multiple_contexts';
  readonly contexts: (row: Row) => readonly string[];
  readonly continuation: (row: Row) => string;
  readonly gold: (row: Row) => number;
}

export interface GenerationPrompt {
  readonly type: 'generate_until';
  readonly text: (row: Row) => string;
  /** the answer shown in an example */
  readonly target: (row: Row) => string;
  readonly until: readonly string[];
  /** default 256 */
  readonly maxNewTokens?: number | undefined;
  readonly scoring: GenerationScoring;
}

export interface ContinuationPrompt {
  readonly type: 'loglikelihood';
  readonly text: (row: Row) => string;
  readonly target: (row: Row) => string;
}

export interface RollingPrompt {
  readonly type: 'loglikelihood_rolling';
  readonly text: (row: Row) => string;
}

export type TaskPrompt = ChoicePrompt | ContextChoicePrompt | GenerationPrompt | ContinuationPrompt | RollingPrompt;

export type ChoiceMetric = 'acc' | 'acc_norm' | 'acc_bytes';

export interface GenerationScoring {
  /** a name with a comma names its filter as well: 'exact_match,strict-match' */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** one row per metric; throws where the row has no usable reference */
  readonly statistics: (answer: string, row: Row) => Readonly<Record<string, readonly number[]>>;
  /** what was taken out of the answer, for samples; default the answer */
  readonly extracted?: ((answer: string) => Readonly<Record<string, string>>) | undefined;
  readonly signatures?: Readonly<Record<string, string>> | undefined;
}

export interface TaskDefinition {
  /** lm-evaluation-harness's where it has the task */
  readonly name: string;
  /** groups and tags it belongs to */
  readonly groups: readonly string[];
  readonly paper: string;
  /** raised whenever scores stop being comparable */
  readonly version: number;
  /** `xxx_Xxxx`; of a translation the language that is not English, or the target's */
  readonly language: string;
  /** further groupings of its samples, such as subject or direction */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly dataset: DatasetReference;
  readonly splits: Splits;
  /** on all rows of a split, before anything else */
  readonly prepareRows?: ((rows: readonly Row[]) => readonly Row[]) | undefined;
  readonly fewShot?: FewShotRule | undefined;
  /** shots unless the caller says otherwise; default 0 */
  readonly numFewShot?: number | undefined;
  /** shots of the Marco-LLM paper, table 4 */
  readonly paperShots?: number | undefined;
  /** before everything else */
  readonly description?: string | undefined;
  /** between question and answer; default ' ' */
  readonly targetDelimiter?: string | undefined;
  /** after each example; default a blank line */
  readonly fewShotDelimiter?: string | undefined;
  readonly prompt: TaskPrompt;
  /** kept in the results' config */
  readonly config?: Readonly<Record<string, Json>> | undefined;
}

/** The split that is scored: test, else validation. */
export function evaluationSplit({ test, validation }: Splits): string | undefined {
  return test ?? validation;
}

/** The split that examples come from. */
export function fewShotSplit({ fewShot, splits }: TaskDefinition): string | undefined {
  return fewShot?.split ?? splits.training ?? splits.validation ?? splits.test;
}
