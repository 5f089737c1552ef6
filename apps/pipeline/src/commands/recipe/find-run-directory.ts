/** Finds the run directory that `marco resume` and `marco report` are about. */
import { BadInputError } from '../../errors.ts';
import { findLatestRun, type RunRecord, readRunRecord } from '../../runner/run-directory.ts';

const RUNS_DIRECTORY = 'runs';

/** @returns the given directory, or the latest run below `runs` */
export async function findRunDirectory(given: string | undefined): Promise<{ directory: string; record: RunRecord }> {
  const directory = given ?? (await findLatestRun(RUNS_DIRECTORY));
  if (directory === null) {
    throw new BadInputError(
      `[@marco-ts/pipeline] findRunDirectory: there must be a run, got none below ${RUNS_DIRECTORY}. Start one with: marco run tiny-cpu`,
    );
  }
  const record = await readRunRecord(directory);
  if (record === null) {
    throw new BadInputError(
      `[@marco-ts/pipeline] findRunDirectory: a run directory holds a recipe.json, got none at ${directory}. Name the directory that marco run printed.`,
    );
  }
  return { directory, record };
}
