/**
 * Tasks and groups in lm-evaluation-harness's YAML, as far as it only declares; what needs Python is refused by the name of its key.
 *
 * Source: `TaskConfig` and the task guide of lm-evaluation-harness 0.4.13.
 */
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { inputError } from '../input-error.ts';
import type { TaskDefinition } from '../tasks/definition/task-definition.ts';
import { definitionOfConfig, type YamlTask } from './definition-of-config.ts';

/** A group of tasks and how their scores are put together. */
export interface YamlGroup {
  readonly group: string;
  readonly tasks: readonly string[];
  /** as in `aggregate_metric_list`: metric to whether tasks weigh by their number of items */
  readonly weightBySize: Readonly<Record<string, boolean>>;
}

/** The file, and how files that it names are read. */
export interface ReadTaskYamlOptions {
  readonly path: string;
  /** The text of a file, for the YAML itself and for what it includes. */
  readonly read: (path: string) => Promise<string>;
  /** `xxx_Xxxx` of the task's texts, which the format does not say; also read from `metadata.language` */
  readonly language?: string | undefined;
}

const PYTHON = '!function';
const TASK_KEYS = new Set(
  'task task_alias tag include dataset_path dataset_name dataset_kwargs training_split validation_split test_split fewshot_split fewshot_config num_fewshot description doc_to_text doc_to_target doc_to_choice target_delimiter fewshot_delimiter output_type metric_list generation_kwargs filter_list repeats should_decontaminate doc_to_decontamination_query metadata'.split(
    ' ',
  ),
);
const GROUP_KEYS = new Set('group group_alias task aggregate_metric_list metadata include'.split(' '));

/** @throws Error naming the key that is not supported, unknown or wrong, and the file */
export async function readTaskYaml(options: ReadTaskYamlOptions): Promise<TaskDefinition | YamlGroup> {
  const { path, language } = options;
  const config = await readConfig(path, options.read, []);
  if (typeof config.group === 'string') return groupOf(config, path);
  checkKeys(config, TASK_KEYS, path);
  for (const [key, value] of entriesDeep(config)) {
    if (typeof value === 'string' && value.startsWith(PYTHON)) {
      throw inputError(
        'readTaskYaml',
        `${key} must be a template, a field or a value, got '${value}' in ${path}. Python is not run: write the task in TypeScript (docs/adding-a-task.md).`,
      );
    }
  }
  return definitionOfConfig(config as YamlTask, path, language);
}

type Config = Record<string, unknown>;

async function readConfig(
  path: string,
  read: (path: string) => Promise<string>,
  seen: readonly string[],
): Promise<Config> {
  if (seen.includes(path))
    throw inputError(
      'readTaskYaml',
      `include must not come back to its own file, got ${[...seen, path].join(' -> ')}.`,
    );
  const tag = { tag: PYTHON, resolve: (text: string) => `${PYTHON} ${text}` };
  let config: unknown;
  try {
    config = parse(await read(path), { customTags: [tag] });
  } catch (error) {
    throw inputError('readTaskYaml', `a task file must be readable YAML, got ${path}: ${(error as Error).message}`);
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw inputError('readTaskYaml', `a task file must hold keys and values, got ${typeof config} in ${path}.`);
  }
  const { include, ...own } = config as Config;
  let included: Config = {};
  for (const name of [include ?? []].flat()) {
    included = { ...included, ...(await readConfig(join(dirname(path), String(name)), read, [...seen, path])) };
  }
  return { ...included, ...own };
}

function groupOf(config: Config, path: string): YamlGroup {
  checkKeys(config, GROUP_KEYS, path);
  const tasks = [config.task ?? []].flat();
  const inline = tasks.find((task) => typeof task !== 'string');
  if (inline !== undefined || tasks.length === 0) {
    throw inputError(
      'readTaskYaml',
      `task must list the names of a group's tasks, got ${JSON.stringify(inline ?? [])} in ${path}. Give each task its file.`,
    );
  }
  const aggregates = (config.aggregate_metric_list ?? []) as {
    metric?: string;
    aggregation?: string;
    weight_by_size?: boolean;
  }[];
  for (const { aggregation = 'mean' } of aggregates) {
    if (aggregation !== 'mean')
      throw inputError(
        'readTaskYaml',
        `aggregate_metric_list.aggregation must be 'mean', got '${aggregation}' in ${path}.`,
      );
  }
  return {
    group: String(config.group),
    tasks: tasks as string[],
    weightBySize: Object.fromEntries(
      aggregates.map(({ metric = 'acc', weight_by_size: weighs = true }) => [metric, weighs]),
    ),
  };
}

function checkKeys(config: Config, known: ReadonlySet<string>, path: string): void {
  for (const key of Object.keys(config)) {
    if (known.has(key)) continue;
    throw inputError(
      'readTaskYaml',
      `a key must be one of ${[...known].join(', ')}, got '${key}' in ${path}: it is not supported here.`,
    );
  }
}

function* entriesDeep(value: unknown, key = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) yield [key, value];
  else
    for (const [name, inner] of Object.entries(value)) yield* entriesDeep(inner, key === '' ? name : `${key}.${name}`);
}
