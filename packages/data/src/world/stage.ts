/**
 * A stage of a data run: units of work that any number of ranks share, each a function of its inputs that fills one directory.
 */
import type { RunDirectory } from './run-directory.ts';
import type { UnitResult } from './unit-report.ts';

/** What a unit may use while it runs. */
export interface UnitContext {
  readonly run: RunDirectory;
  /** Empty; becomes the unit's directory when the unit is done. */
  readonly directory: string;
  readonly signal?: AbortSignal;
  /** A line for the rank's log. */
  readonly log: (line: string) => void;
}

/** One stage of a run, as its plan makes it. */
export interface Stage {
  /** For example `2-pairs`; its directory's name. */
  readonly name: string;
  /** One line for the table of a plan. */
  readonly summary: string;
  /** Number of units where it depends on nothing. */
  readonly fixedUnits?: number;
  /** Called when all stages before are complete: what it answers depends on them alone. */
  countUnits(run: RunDirectory): Promise<number>;
  /** Writes unit `index` into `context.directory`; nothing else is written. */
  runUnit(index: number, context: UnitContext): Promise<UnitResult>;
}
