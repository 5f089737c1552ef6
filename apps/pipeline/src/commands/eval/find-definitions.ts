/** Tasks from names, groups, patterns, the paper's suite, and lm-evaluation-harness's YAML files. */
import { readFile } from 'node:fs/promises';
import { findTasks, marcoSuite, readTaskYaml, type TaskDefinition } from '@marco-ts/eval';
import { BadInputError } from '../../errors.ts';

/** The protocol of the Marco-LLM paper, with its shots. */
export const MARCO_SUITE = 'marco';

export interface TaskOptions {
  /** comma-separated */
  readonly tasks: readonly string[];
  /** files of tasks */
  readonly taskYaml?: readonly string[];
  /** of those files' texts */
  readonly language?: string;
}

/** @throws BadInputError naming the name or the key that is not known, with the nearest names */
export async function findDefinitions({ tasks, taskYaml = [], language }: TaskOptions): Promise<TaskDefinition[]> {
  return asBadInput(async () => {
    const found = new Map<string, TaskDefinition>();
    for (const name of tasks) {
      for (const task of name === MARCO_SUITE ? marcoSuite() : findTasks([name])) found.set(task.name, task);
    }
    for (const path of taskYaml) {
      const read = await readTaskYaml({ path, read: (file) => readFile(file, 'utf8'), language });
      const members = 'group' in read ? findTasks(read.tasks) : [read];
      for (const task of members) found.set(task.name, task);
    }
    if (found.size > 0) return [...found.values()];
    throw new BadInputError(
      '[@marco-ts/pipeline] eval: tasks must be named, got none. Pass --tasks or --task-yaml; see them with: marco eval ls',
    );
  });
}

/** What the evaluation package refuses of names, files and rows is bad input here. */
export async function asBadInput<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('[@marco-ts/eval]')) {
      throw new BadInputError(error.message, { cause: error });
    }
    throw error;
  }
}
