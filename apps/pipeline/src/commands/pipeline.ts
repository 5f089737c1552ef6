/** What the command line needs of the stages; `cli.ts` gives the real ones, tests give toys. */
import type { Recipe } from '../config/recipe-schema.ts';
import type { RunResults } from '../report/run-results.ts';
import type { Stage } from '../runner/stage.ts';

export interface Pipeline {
  /** version of marco-ts, part of every stage's hash */
  readonly codeVersion: string;
  stages(recipe: Recipe): Promise<readonly Stage<Recipe>[]>;
  /** reads what a run directory holds so far */
  collectResults(directory: string): Promise<RunResults>;
}

/** Where a command writes, and which process signals it hears. */
export interface CommandOutput {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}
