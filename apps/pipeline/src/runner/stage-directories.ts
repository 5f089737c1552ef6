/**
 * Where the stages of a run lie: `<NN>-<name>`, numbered in the recipe's order.
 *
 * A recipe that gains or loses a stage moves the numbers of those after it; their directories are renamed, not made again.
 */
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

/** Of the directory of a stage that is being made. */
export const PARTIAL_SUFFIX = '.partial';
/** Of a finished directory that a newer one is about to replace. */
export const REPLACED_SUFFIX = '.old';

const STAGE_DIRECTORY = /^\d\d-(?<name>.+?)(?<suffix>\.partial|\.old)?$/;

export function stageDirectoryName(index: number, name: string): string {
  return `${String(index + 1).padStart(2, '0')}-${name}`;
}

export interface StageEntry {
  /** name in the run directory, with suffix */
  readonly entry: string;
  readonly name: string;
  readonly suffix: '' | typeof PARTIAL_SUFFIX | typeof REPLACED_SUFFIX;
}

/** Every stage directory that is there, whatever recipe made it. */
export async function listStageEntries(directory: string): Promise<StageEntry[]> {
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.sort().flatMap((entry) => {
    const { name, suffix } = STAGE_DIRECTORY.exec(entry)?.groups ?? {};
    return name === undefined ? [] : [{ entry, name, suffix: (suffix ?? '') as StageEntry['suffix'] }];
  });
}

/** @returns the directory of a stage as it is numbered now, or under the number that an earlier recipe gave it */
export function findStageEntry(
  entries: readonly StageEntry[],
  directoryName: string,
  suffix: '' | typeof PARTIAL_SUFFIX,
): string {
  const wanted = `${directoryName}${suffix}`;
  const name = directoryName.slice(3);
  const found = entries.filter((entry) => entry.name === name && entry.suffix === suffix).map(({ entry }) => entry);
  return found.includes(wanted) ? wanted : (found.at(-1) ?? wanted);
}

/** Gives every stage directory its number of now. @returns what was renamed, and what belongs to no stage of now, as lines to log */
export async function renumberStages(directory: string, directoryNames: readonly string[]): Promise<string[]> {
  const entries = await listStageEntries(directory);
  const lines: string[] = [];
  for (const directoryName of directoryNames) {
    for (const suffix of ['', PARTIAL_SUFFIX] as const) {
      const wanted = `${directoryName}${suffix}`;
      const found = findStageEntry(entries, directoryName, suffix);
      if (found === wanted) continue;
      await rename(join(directory, found), join(directory, wanted));
      lines.push(`${found} is now ${wanted}`);
    }
  }
  const names = new Set(directoryNames.map((directoryName) => directoryName.slice(3)));
  for (const { entry, name } of entries) {
    if (!names.has(name)) lines.push(`${entry} belongs to no stage of this recipe; it is left as it is`);
  }
  return lines;
}
