/** The texts of a run's sources as engines read them: a JSONL file each, with `text`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonLines } from '../stage-files/json-lines.ts';
import type { FinishedRun } from './read-finished-run.ts';

/** @returns the files that were written, relative to `directory`: `data/<source>.jsonl` */
export async function writeSourceTexts(directory: string, { sources }: FinishedRun): Promise<string[]> {
  await mkdir(join(directory, 'data'), { recursive: true });
  const files: string[] = [];
  for (const [source, documents] of sources) {
    const name = `data/${source}.jsonl`;
    const texts = documents.map(({ text }) => ({ text }));
    await writeJsonLines(join(directory, name), texts);
    files.push(name);
  }
  return files;
}
