/**
 * The rows of a split, wherever the set's files are.
 */
import { inputError } from '../input-error.ts';
import type { DatasetReference, Row } from '../tasks/definition/task-definition.ts';
import type { DatasetFiles } from './dataset-files.ts';
import { findSplitFiles, seemingConfigs } from './find-split-files.ts';
import { readRows } from './read-rows.ts';

/** Which rows of which set, and where its files are. */
export interface LoadSplitOptions {
  readonly files: DatasetFiles;
  readonly dataset: DatasetReference;
  readonly split: string;
  /** the split that is scored: a set with only one often does not name it */
  readonly isScored: boolean;
}

/** @throws Error when the set, its configuration or the split is not there, or sides of a parallel set differ in length */
export async function loadSplit(options: LoadSplitOptions): Promise<Row[]> {
  const { published } = options.dataset;
  try {
    return await rowsOf(options);
  } catch (error) {
    if (published === undefined || !(error instanceof Missing)) throw error;
    try {
      return await rowsOf({ ...options, dataset: published });
    } catch (second) {
      throw second instanceof Missing ? error : second;
    }
  }
}

/** A set or split that is not there; it may be elsewhere. */
class Missing extends Error {}

function missing(message: string): Missing {
  return new Missing(inputError('loadSplit', message).message);
}

async function rowsOf(options: LoadSplitOptions): Promise<Row[]> {
  const { dataset } = options;
  if (!dataset.parallel) return loadFiles(options, dataset.name);
  const sides = await Promise.all(
    dataset.parallel.map(async ({ column, name }) => ({ column, rows: await loadFiles(options, name) })),
  );
  const [first] = sides;
  for (const { column, rows } of sides) {
    if (rows.length === first!.rows.length) continue;
    throw inputError(
      'loadSplit',
      `sides of a parallel set must have as many lines, got ${first!.rows.length} in ${first!.column} and ${rows.length} in ${column}.`,
    );
  }
  return first!.rows.map((_, index) =>
    Object.fromEntries(sides.map(({ column, rows }) => [column, rows[index]![column] ?? rows[index]!.text])),
  );
}

async function loadFiles(
  { files, dataset, split, isScored }: LoadSplitOptions,
  config: string | undefined,
): Promise<Row[]> {
  const { path, columns } = dataset;
  const all = await files.list(path);
  if (all.length === 0) {
    throw missing(`the data set '${path}' must be in ${files.place}, got none. Put it there as ${path}.`);
  }
  const card = all.includes('README.md') ? new TextDecoder().decode(await files.read(path, 'README.md')) : undefined;
  const found = findSplitFiles({ files: all, card, config, split, acceptUnnamed: isScored });
  if (found.length === 0) {
    const configs = seemingConfigs(all).slice(0, 12).join(', ');
    throw missing(
      `'${path}' in ${files.place} must have the split '${split}'${config === undefined ? '' : ` of '${config}'`}, got none. There seem to be: ${configs}.`,
    );
  }
  const rows: Row[] = [];
  for (const file of found) rows.push(...(await readRows(file, await files.read(path, file), columns)));
  return rows;
}
