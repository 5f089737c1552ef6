/**
 * JSON Lines files of a stage: one value a line, in order.
 */
import { readFile, writeFile } from 'node:fs/promises';

export async function writeJsonLines(path: string, rows: Iterable<unknown>): Promise<void> {
  const lines: string[] = [];
  for (const row of rows) lines.push(JSON.stringify(row));
  await writeFile(path, lines.length === 0 ? '' : `${lines.join('\n')}\n`);
}

/** @throws Error naming file and line when a line is no JSON */
export async function readJsonLines<Row>(path: string): Promise<Row[]> {
  const text = await readFile(path, 'utf8');
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Row];
    } catch (error) {
      throw new Error(
        `[@marco-ts/pipeline] readJsonLines: every line must be JSON, got ${(error as Error).message} at ${path}:${index + 1}. Remove the stage's directory and run again.`,
      );
    }
  });
}
