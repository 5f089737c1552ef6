/**
 * A task's YAML keys as a definition.
 *
 * Source: `ConfigurableTask` of lm-evaluation-harness 0.4.13: a template that is the name of a field means that field, a target of digits is an
 * index of the choices.
 */
import type { AnswerFilter } from '../answers/answer-filters.ts';
import { inputError } from '../input-error.ts';
import {
  filteredMatch,
  type NamedFilter,
  type TranslationMetricName,
  translationScoring,
} from '../tasks/definition/generation-scoring.ts';
import type {
  ChoiceMetric,
  GenerationScoring,
  Row,
  TaskDefinition,
  TaskPrompt,
} from '../tasks/definition/task-definition.ts';
import { rowTemplate } from './row-template.ts';

export interface YamlTask {
  readonly task?: string;
  readonly tag?: string | readonly string[];
  readonly dataset_path?: string;
  readonly dataset_name?: string | null;
  readonly training_split?: string | null;
  readonly validation_split?: string | null;
  readonly test_split?: string | null;
  readonly fewshot_split?: string | null;
  readonly fewshot_config?: { readonly sampler?: string; readonly split?: string; readonly samples?: readonly Row[] };
  readonly num_fewshot?: number | null;
  readonly description?: string;
  readonly doc_to_text?: string | number;
  readonly doc_to_target?: string | number;
  readonly doc_to_choice?: string | readonly string[] | Readonly<Record<string, string>>;
  readonly target_delimiter?: string;
  readonly fewshot_delimiter?: string;
  readonly output_type?: string;
  readonly metric_list?: readonly YamlMetric[];
  readonly generation_kwargs?: Readonly<Record<string, unknown>>;
  readonly filter_list?: readonly { readonly name: string; readonly filter: readonly YamlFilter[] }[];
  readonly repeats?: number;
  readonly metadata?: { readonly version?: number; readonly language?: string };
}

interface YamlMetric {
  readonly metric?: string;
  readonly aggregation?: string;
  readonly ignore_case?: boolean;
  readonly ignore_punctuation?: boolean;
  readonly ignore_numbers?: boolean;
  readonly [key: string]: unknown;
}

interface YamlFilter {
  readonly function?: string;
  readonly regex_pattern?: string;
  readonly group_select?: number;
  readonly fallback?: string;
}

const CHOICE_METRICS = ['acc', 'acc_norm', 'acc_bytes'];
const TRANSLATION_METRICS = ['bleu', 'chrf', 'ter'];
const METRICS: Readonly<Record<string, readonly string[]>> = {
  multiple_choice: CHOICE_METRICS,
  loglikelihood: ['acc', 'perplexity'],
  loglikelihood_rolling: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
  generate_until: ['exact_match', ...TRANSLATION_METRICS],
};
const GENERATION_KEYS = ['until', 'do_sample', 'temperature', 'max_gen_toks', 'max_new_tokens'];
const METRIC_KEYS = [
  'metric',
  'aggregation',
  'higher_is_better',
  'ignore_case',
  'ignore_punctuation',
  'ignore_numbers',
];

/** @throws Error naming the key at fault and the file */
export function definitionOfConfig(config: YamlTask, path: string, language?: string): TaskDefinition {
  const fault = (key: string, rule: string, got: unknown): Error =>
    inputError('readTaskYaml', `${key} must be ${rule}, got ${JSON.stringify(got) ?? 'none'} in ${path}.`);
  if (!config.task) throw fault('task', 'the name of the task', config.task);
  if (!config.dataset_path) throw fault('dataset_path', 'the name of a data set', config.dataset_path);
  const outputType = config.output_type ?? 'generate_until';
  const metrics = config.metric_list?.map(({ metric }) => metric ?? '') ?? [METRICS[outputType]?.[0] ?? ''];
  if (!METRICS[outputType]) throw fault('output_type', `one of ${Object.keys(METRICS).join(', ')}`, outputType);
  for (const metric of metrics) {
    if (!METRICS[outputType].includes(metric))
      throw fault('metric_list', `of ${METRICS[outputType].join(', ')} for ${outputType}`, metric);
  }
  for (const metric of config.metric_list ?? []) {
    const unknown = Object.keys(metric).find((key) => !METRIC_KEYS.includes(key));
    if (unknown) throw fault(`metric_list.${unknown}`, `left out: it is not supported here`, metric[unknown]);
  }
  if ((config.repeats ?? 1) !== 1) throw fault('repeats', '1', config.repeats);
  const sampler = config.fewshot_config?.sampler ?? 'default';
  if (sampler !== 'default' && sampler !== 'first_n')
    throw fault('fewshot_config.sampler', "'default' or 'first_n'", sampler);
  if (config.description?.includes('{{') || config.description?.includes('{%')) {
    throw fault('description', 'a text without a template', config.description);
  }
  const split = config.fewshot_config?.split ?? config.fewshot_split ?? undefined;
  const tags = [config.tag ?? []].flat() as string[];
  return {
    name: config.task,
    groups: tags,
    paper: path,
    version: config.metadata?.version ?? 0,
    language: language ?? config.metadata?.language ?? 'und_Zzzz',
    dataset: { path: config.dataset_path, ...(config.dataset_name && { name: config.dataset_name }) },
    splits: {
      training: config.training_split ?? undefined,
      validation: config.validation_split ?? undefined,
      test: config.test_split ?? undefined,
    },
    fewShot: { split, sampler, examples: config.fewshot_config?.samples },
    numFewShot: config.num_fewshot ?? 0,
    description: config.description,
    targetDelimiter: config.target_delimiter,
    fewShotDelimiter: config.fewshot_delimiter,
    prompt: promptOf(config, outputType, metrics, fault),
  };
}

type Fault = (key: string, rule: string, got: unknown) => Error;

function promptOf(config: YamlTask, outputType: string, metrics: readonly string[], fault: Fault): TaskPrompt {
  const where = (key: string): string => `${key} of ${config.task}`;
  const text = fieldOrTemplate(config.doc_to_text ?? '', where('doc_to_text'));
  const target = fieldOrTemplate(config.doc_to_target ?? '', where('doc_to_target'));
  switch (outputType) {
    case 'multiple_choice': {
      const choices = choicesOf(config.doc_to_choice, where('doc_to_choice'), fault);
      return {
        type: 'multiple_choice',
        text: (row) => questionText(text(row), fault),
        choices,
        gold: (row) => goldOf(target(row), choices(row)),
        metrics: metrics as ChoiceMetric[],
      };
    }
    case 'loglikelihood':
      return { type: 'loglikelihood', text: (row) => String(text(row)), target: (row) => String(target(row)) };
    case 'loglikelihood_rolling':
      return { type: 'loglikelihood_rolling', text: (row) => String(target(row)) };
    default: {
      const { until = config.fewshot_delimiter ?? '\n\n', ...rest } = config.generation_kwargs ?? {};
      const unknown = Object.keys(rest).find((key) => !GENERATION_KEYS.includes(key));
      if (unknown)
        throw fault(
          `generation_kwargs.${unknown}`,
          `left out: only ${GENERATION_KEYS.join(', ')} are supported`,
          rest[unknown],
        );
      if (rest.do_sample === true) throw fault('generation_kwargs.do_sample', 'false: answers are greedy here', true);
      const reference = (row: Row): string => String([target(row)].flat()[0]);
      return {
        type: 'generate_until',
        text: (row) => String(text(row)),
        target: reference,
        until: [until].flat() as string[],
        maxNewTokens: Number(rest.max_gen_toks ?? rest.max_new_tokens ?? 256),
        scoring: scoringOf(config, metrics, reference, fault),
      };
    }
  }
}

function scoringOf(
  config: YamlTask,
  metrics: readonly string[],
  reference: (row: Row) => string,
  fault: Fault,
): GenerationScoring {
  const translation = metrics.filter((metric) => TRANSLATION_METRICS.includes(metric));
  const others = metrics.filter((metric) => !TRANSLATION_METRICS.includes(metric));
  if (translation.length > 0) {
    if (others.length > 0) throw fault('metric_list', 'either corpus scores or exact_match', metrics);
    if (config.filter_list)
      throw fault(
        'filter_list',
        'left out with corpus scores',
        config.filter_list.map(({ name }) => name),
      );
    return translationScoring({ reference, metrics: translation as TranslationMetricName[] });
  }
  const pipelines: NamedFilter[] = config.filter_list?.map(({ name, filter }) => ({
    name,
    filters: filter.flatMap((own) => filterOf(own, fault)),
  })) ?? [{ name: 'none', filters: [] }];
  const options = config.metric_list?.find(({ metric }) => metric === 'exact_match');
  return filteredMatch({
    reference,
    pipelines,
    ignoreCase: options?.ignore_case,
    ignorePunctuation: options?.ignore_punctuation,
    ignoreNumbers: options?.ignore_numbers,
  });
}

function filterOf(filter: YamlFilter, fault: Fault): AnswerFilter[] {
  switch (filter.function) {
    case 'take_first':
      return [];
    case 'remove_whitespace':
    case 'lowercase':
    case 'uppercase':
      return [{ function: filter.function }];
    case 'regex':
      return [
        {
          function: 'regex',
          pattern: filter.regex_pattern ?? '#### (\\-?[0-9\\.\\,]+)',
          groupSelect: filter.group_select,
          fallback: filter.fallback,
        },
      ];
    default:
      throw fault(
        'filter_list.function',
        'one of regex, take_first, remove_whitespace, lowercase, uppercase',
        filter.function,
      );
  }
}

/** A name of a field gives its value, anything else is rendered. */
function fieldOrTemplate(value: string | number, where: string): (row: Row) => unknown {
  if (typeof value === 'number') return () => value;
  const render = rowTemplate(value, where);
  return (row) => (Object.hasOwn(row, value) ? row[value] : render(row));
}

function choicesOf(value: YamlTask['doc_to_choice'], where: string, fault: Fault): (row: Row) => readonly string[] {
  if (value === undefined) throw fault('doc_to_choice', 'a list, a field or a template', value);
  if (typeof value !== 'string') return () => Object.values(value).map(String);
  const choices = fieldOrTemplate(value, where);
  return (row) => {
    const own = choices(row);
    const list: unknown = typeof own === 'string' ? JSON.parse(own) : own;
    if (Array.isArray(list)) return list.map(String);
    throw fault('doc_to_choice', 'a list of choices', own);
  };
}

function goldOf(target: unknown, choices: readonly string[]): number | number[] {
  if (Array.isArray(target)) return target.map(Number);
  if (typeof target === 'number') return target;
  const text = String(target);
  if (/^\d+$/.test(text)) return Number(text);
  if (text.startsWith('[') && text.endsWith(']')) return (JSON.parse(text) as unknown[]).map(Number);
  return choices.indexOf(text);
}

/** The harness takes a text of digits as the index of a choice that is a context; that form is not supported here. */
function questionText(value: unknown, fault: Fault): string {
  const text = String(value);
  if (/^\d+$/.test(text)) throw fault('doc_to_text', 'a text: choices as contexts are not supported in YAML', value);
  return text;
}
