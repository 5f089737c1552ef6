/**
 * What lies in a directory that a recipe names, so that a stage runs again when its files change.
 *
 * Sizes and times of change stand for contents: reading a large corpus only to see that it is the same would cost as much as using it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

export type DirectoryFingerprint = {
  readonly numFiles: number;
  readonly sizeBytes: number;
  /** of every file's path, size and time of change */
  readonly sha256: string;
};

/** @returns null where there is no readable directory: whoever reads it says so */
export function directoryFingerprint(directory: string): DirectoryFingerprint | null {
  const hash = createHash('sha256');
  let numFiles = 0;
  let sizeBytes = 0;
  try {
    const files = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats === undefined) continue;
      numFiles++;
      sizeBytes += stats.size;
      hash.update(`${relative(directory, file)}\0${stats.size}\0${stats.mtimeMs}\0`);
    }
  } catch {
    return null;
  }
  return { numFiles, sizeBytes, sha256: hash.digest('hex').slice(0, 16) };
}
