/**
 * A run directory belongs to one recipe: `recipe.json` says which, and a directory of something else is never touched.
 */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import { BadInputError } from '../errors.ts';
import type { RunRecipe } from './stage.ts';

export const RECIPE_FILE = 'recipe.json';

/** The contents of `recipe.json`. */
export interface RunRecord {
  readonly name: string;
  /** the resolved recipe, with every override applied */
  readonly recipe: RunRecipe;
  /** what the recipe was read from: a built-in's name or a file */
  readonly source: string;
  /** ISO 8601 */
  readonly startedAt: string;
}

/** Checks that the directory can hold this recipe's run, without writing. @throws BadInputError when it holds something else */
export async function checkRunDirectory(directory: string, recipe: RunRecipe): Promise<void> {
  const record = await readRunRecord(directory);
  if (record === null) {
    const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      if (error.code === 'ENOTDIR') {
        throw new BadInputError(
          `[@marco-ts/pipeline] openRunDirectory: a run directory must be a directory, got a file at ${directory}. Choose another with --output.`,
        );
      }
      throw error;
    });
    const foreign = entries.filter((entry) => !entry.startsWith('run.lock') && !entry.endsWith('.tmp'));
    if (foreign.length > 0) {
      throw new BadInputError(
        `[@marco-ts/pipeline] openRunDirectory: a run directory must be new, empty or of the same recipe, got ${foreign.length} other entries (${foreign.slice(0, 3).join(', ')}) and no ${RECIPE_FILE} at ${directory}. Nothing was written. Choose another with --output.`,
      );
    }
    return;
  }
  if (record.name !== recipe.name) {
    throw new BadInputError(
      `[@marco-ts/pipeline] openRunDirectory: a run directory holds one recipe, got a run of "${record.name}" where "${recipe.name}" should go at ${directory}. Nothing was written. Choose another with --output.`,
    );
  }
}

/** Makes the directory where needed and records the recipe in it; keeps the time of the first start. */
export async function openRunDirectory(directory: string, recipe: RunRecipe, source: string): Promise<RunRecord> {
  await checkRunDirectory(directory, recipe);
  await mkdir(directory, { recursive: true });
  const before = await readRunRecord(directory);
  const record: RunRecord = {
    name: recipe.name,
    recipe,
    source,
    startedAt: before?.startedAt ?? new Date().toISOString(),
  };
  if (JSON.stringify(before) !== JSON.stringify(record)) {
    await writeFileAtomic(join(directory, RECIPE_FILE), `${JSON.stringify(record, null, 2)}\n`);
  }
  return record;
}

/** @returns null where the directory holds no run */
export async function readRunRecord(directory: string): Promise<RunRecord | null> {
  const path = join(directory, RECIPE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
  try {
    const record = JSON.parse(text) as RunRecord;
    if (typeof record.name !== 'string' || typeof record.recipe !== 'object') throw new Error('not a run record');
    return record;
  } catch {
    throw new BadInputError(
      `[@marco-ts/pipeline] readRunRecord: ${RECIPE_FILE} must be a run's record, got something else at ${path}. Choose another directory with --output.`,
    );
  }
}

/** @returns the run under `parent` whose record was touched last, or null */
export async function findLatestRun(parent: string): Promise<string | null> {
  let latest: { directory: string; time: number } | null = null;
  for (const entry of await readdir(parent, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isDirectory()) continue;
    const directory = join(parent, entry.name);
    const info = await stat(join(directory, RECIPE_FILE)).catch(() => null);
    if (info !== null && (latest === null || info.mtimeMs > latest.time)) latest = { directory, time: info.mtimeMs };
  }
  return latest?.directory ?? null;
}
