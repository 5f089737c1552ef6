/**
 * What a stage is: a named step that reads the directories of earlier stages and fills one directory.
 */
import type { JsonObject } from '@marco-ts/checkpoint';

/** What every recipe has, whatever the stages; the runner needs no more of it. */
export interface RunRecipe {
  readonly name: string;
  readonly seed: number;
}

/** Counts a stage reports when it ends: they are written into its manifest and shown in the final table. */
export type StageCounts = Readonly<Record<string, number>>;

/** Moves the one progress bar of the running stage. */
export interface StageProgress {
  /** Starts (or starts anew, for the next part of the stage) at 0 of `total`; without `total` only a count and a rate are shown. */
  start(options: { total?: number; unit: string; label?: string }): void;
  /** Adds `by` (default 1). @param note short text behind the bar, like `loss 3.21` */
  advance(by?: number, note?: string): void;
  /** Sets how much is done, for stages that resume in the middle: what was done before does not count into the rate. */
  set(done: number, note?: string): void;
}

/** What a stage may use while it runs. */
export interface StageContext<R extends RunRecipe> {
  /**
   * Fill this directory. It is a temporary sibling that gets its final name when `run` has returned, so write no absolute path of
   * it into files. A resumable stage finds here what it left when it was stopped; any other stage finds it empty.
   */
  readonly directory: string;
  /** directory of each stage in `dependsOn`, by name; read only */
  readonly inputs: Readonly<Record<string, string>>;
  readonly recipe: R;
  /** aborted by Ctrl-C: save, then throw `signal.reason` (or return: a stage that ends after the abort is not taken as done) */
  readonly signal: AbortSignal;
  readonly progress: StageProgress;
  /** Prints one line above the bar and appends it to `run.log`. */
  readonly log: (message: string) => void;
  /** differs per stage, follows from the recipe's seed; in [0, 2^32) */
  readonly seed: number;
}

/** One step of a run. Whatever it writes depends on its inputs, its config, its version and the seed alone. */
export interface Stage<R extends RunRecipe> {
  /** kebab-case; the directory is `<NN>-<name>` */
  readonly name: string;
  /** shown at the bar; default `name` */
  readonly title?: string;
  /** names of earlier stages whose directories `run` reads */
  readonly dependsOn: readonly string[];
  /** raised by hand when the same config gives another output than before; default 1 */
  readonly version?: number;
  /**
   * File or folder within its directory that a stopped stage goes on from; its unfinished directory is then kept. Once there is something in it,
   * it is not deleted unasked. Default none: a stopped stage starts over.
   */
  readonly resumesFrom?: string;
  /** The part of the recipe that the output depends on, and nothing else: when it changes, the stage and all that depends on it run again. */
  config(recipe: R): JsonObject;
  /** Fills the directory of the context. Returns what it counted. */
  run(context: StageContext<R>): Promise<StageCounts>;
}
