/** Sets in other tools' formats, as a recipe names them: opened for the aligner's readers, with what a stage depends on. */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DatasetSpec, datasetEntry, readDatasetRows } from '@marco-ts/aligner';
import type { DatasetSource } from '../config/schema/dataset-source-schema.ts';
import { BadInputError } from '../errors.ts';

/** @returns what every reader of the aligner takes. @throws whatever is wrong with the files */
export async function openDatasetSource(source: DatasetSource) {
  const { datasetInfo, badRows } = source;
  let { path, limit } = source;
  let spec: DatasetSpec = {};
  if (datasetInfo !== undefined) {
    const info: unknown = JSON.parse(await readFile(datasetInfo.path, 'utf8'));
    const entry = datasetEntry(info, datasetInfo.name, datasetInfo.path);
    path = join(dirname(datasetInfo.path), entry.fileName);
    spec = entry.spec;
    limit ??= entry.numSamples;
  }
  const rows = (await readDatasetRows(path)).slice(0, limit);
  const language = (_: string, stated: string | undefined): string => source.language ?? stated ?? 'none';
  return { rows, spec, language, badRows };
}

/** Size and time of change stand for the contents. */
export function datasetFingerprint({ path, datasetInfo }: DatasetSource) {
  const stats = statSync(datasetInfo?.path ?? path, { throwIfNoEntry: false });
  return { sizeBytes: stats?.size ?? null, changedAt: stats?.mtimeMs ?? null };
}

/** Everything wrong with a set is bad input. @throws BadInputError */
export async function asBadInput<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new BadInputError((error as Error).message, { cause: error });
  }
}
