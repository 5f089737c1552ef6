/**
 * Writes the results of a suite as JSON: complete, or not at all.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import type { BenchResults } from './bench-results.ts';

/** @returns the path of the file */
export async function writeResults(directory: string, results: BenchResults): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${results.suite}.json`);
  await writeFileAtomic(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
