/**
 * Reads the rows of a set from a `.json` list or a `.jsonl` file, each with its place.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DatasetRow } from './dataset-row.ts';

/** @throws Error naming file and line for text that is no JSON, rows that are no objects, and files without rows */
export async function readDatasetRows(path: string): Promise<DatasetRow[]> {
  const refuse = (rule: string, got: string, where: string): never => {
    throw new Error(`[@marco-ts/aligner] readDatasetRows: ${rule}, got ${got} at ${where}. Correct the file.`);
  };
  const contents = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  const file = basename(path);
  const parse = (source: string, where: string): unknown => {
    try {
      return JSON.parse(source);
    } catch (error) {
      return refuse('a set must be JSON', (error as Error).message, where);
    }
  };
  const isList = contents.trimStart().startsWith('[');
  const rows = isList
    ? (parse(contents, path) as unknown[]).map((value, index) => ({ where: `${file}[${index}]`, value }))
    : contents.split('\n').flatMap((line, index) => {
        const where = `${file}:${index + 1}`;
        return line.trim() === '' ? [] : [{ where, value: parse(line, where) }];
      });
  if (rows.length === 0) refuse('a set must have rows', 'none', path);
  return rows.map(({ where, value }) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      refuse('a row must be an object', JSON.stringify(value).slice(0, 60), where);
    }
    return { where, fields: value as Readonly<Record<string, unknown>> };
  });
}
