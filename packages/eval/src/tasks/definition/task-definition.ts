/**
 * A benchmark as data: where its rows are, how a row becomes a prompt, and what the answers are scored by.
 *
 * Source: the task configuration of lm-evaluation-harness 0.4 (`TaskConfig`), whose defaults these are.
 * Differs: templates are functions of a row; what a YAML file says is turned into such functions by `readTaskYaml`.
 */
import type { Json } from '../eval-task.ts';
import type { MetricDefinition } from '../metric-definition.ts';

/** A row of a data set, its fields unchecked. */
export type Row = Readonly<Record<string, unknown>>;

/** One side of a parallel set: a file of its own, line by line beside the others. */
export interface ParallelSide {
  /** field of the joined rows */
  readonly column: string;
  /** what the name of its file holds, such as 'swh_Latn' */
  readonly name: string;
}

/** Where the rows of a task are. */
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

/** Names of a set's splits; the test split is scored, the validation split where there is none. */
export interface Splits {
  readonly training?: string | undefined;
  readonly validation?: string | undefined;
  readonly test?: string | undefined;
}

/** Where examples come from. */
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
  /** The text before the answer. */
  readonly text: (row: Row) => string;
  /** The answers to choose from. */
  readonly choices: (row: Row) => readonly string[];
  /** index of the right choice, or of each right one */
  readonly gold: (row: Row) => number | readonly number[];
  /** default ['acc'] */
  readonly metrics?: readonly ChoiceMetric[] | undefined;
}

/** Choices as contexts of one continuation, as in Winograd schemas. */
export interface ContextChoicePrompt {
  readonly type: 'multiple_contexts';
  /** The contexts to choose from. */
  readonly contexts: (row: Row) => readonly string[];
  /** The text that all contexts share as their end. */
  readonly continuation: (row: Row) => string;
  /** Index of the right context. */
  readonly gold: (row: Row) => number;
}

/** A text that the model goes on from, and how its answer is scored. */
export interface GenerationPrompt {
  readonly type: 'generate_until';
  /** The text before the answer. */
  readonly text: (row: Row) => string;
  /** the answer shown in an example */
  readonly target: (row: Row) => string;
  readonly until: readonly string[];
  /** default 256 */
  readonly maxNewTokens?: number | undefined;
  readonly scoring: GenerationScoring;
}

/** A text whose continuation is scored by its log-likelihood. */
export interface ContinuationPrompt {
  readonly type: 'loglikelihood';
  /** The text before it. */
  readonly text: (row: Row) => string;
  /** The continuation that is scored. */
  readonly target: (row: Row) => string;
}

/** A text that is scored as a whole. */
export interface RollingPrompt {
  readonly type: 'loglikelihood_rolling';
  /** The text that is scored. */
  readonly text: (row: Row) => string;
}

/** How a row becomes requests, told apart by `type`. */
export type TaskPrompt = ChoicePrompt | ContextChoicePrompt | GenerationPrompt | ContinuationPrompt | RollingPrompt;

export type ChoiceMetric = 'acc' | 'acc_norm' | 'acc_bytes';

/** How generated answers become numbers. */
export interface GenerationScoring {
  /** a name with a comma names its filter as well: 'exact_match,strict-match' */
  readonly metrics: Readonly<Record<string, MetricDefinition>>;
  /** one row per metric; throws where the row has no usable reference */
  readonly statistics: (answer: string, row: Row) => Readonly<Record<string, readonly number[]>>;
  /** what was taken out of the answer, for samples; default the answer */
  readonly extracted?: ((answer: string) => Readonly<Record<string, string>>) | undefined;
  readonly signatures?: Readonly<Record<string, string>> | undefined;
}

/** Everything that a task is, apart from its rows. */
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
