/**
 * One thing that is wrong in a recipe, and the error that carries all of them.
 */
import { BadInputError } from '../errors.ts';

export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong, and where it was written. */
export interface ConfigProblem {
  /** where in the recipe */
  readonly path: ConfigPath;
  /** the rule, what came and what to write instead; one line */
  readonly message: string;
  /** where it was written: `file:line:column` or `--set name=value`; absent for recipes made by code */
  readonly place?: string;
}

/** What a file is checked against. */
export interface ConfigSchema {
  readonly functionName: string;
  readonly name: string;
  /** prints it */
  readonly command: string;
}

const RECIPES: ConfigSchema = { functionName: 'loadRecipe', name: 'recipe', command: 'marco config schema' };

/** Every problem of a recipe at once. */
export class ConfigError extends BadInputError {
  readonly problems: readonly ConfigProblem[];
  /** @param schema which kind of file the problems are in */
  constructor(source: string, problems: readonly ConfigProblem[], schema: ConfigSchema = RECIPES) {
    const lines = problems.map(
      (problem) => `  - ${problem.place === undefined ? '' : `${problem.place}: `}${problem.message}`,
    );
    const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super(
      `[@marco-ts/pipeline] ${schema.functionName}: a ${schema.name} must fit the schema, got ${many} in ${source}:\n${lines.join('\n')}\nSee every key with: ${schema.command}`,
    );
    this.problems = problems;
  }
}

/** @returns `pretrain.stages[0].name`; the top of the recipe for an empty path */
export function formatPath(path: ConfigPath): string {
  if (path.length === 0) return 'the top of the recipe';
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  );
}
