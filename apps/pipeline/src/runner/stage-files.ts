/**
 * The files of a finished stage: listed with their sizes when it ends, looked for before it is taken as up to date.
 *
 * A file that was deleted or cut off since then makes its stage run again. Contents of the same size are not compared: that would read
 * everything at every start.
 */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type JsonValue, readManifest, type StageManifest } from '@marco-ts/checkpoint';

/** @returns sizes in bytes by path from the directory, with `/` everywhere */
export async function listStageFiles(directory: string): Promise<Record<string, number>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: [string, number][] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.push([relative(directory, path).split(sep).join('/'), (await stat(path)).size]);
  }
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @returns what happened to the first listed file that is not as it was; undefined when all are */
export async function findDamage(directory: string, files: JsonValue | undefined): Promise<string | undefined> {
  if (typeof files !== 'object' || files === null || Array.isArray(files)) return undefined;
  for (const [path, sizeBytes] of Object.entries(files)) {
    const found = await stat(join(directory, path)).catch(() => undefined);
    if (found === undefined) return `its file ${path} is gone`;
    if (found.size !== sizeBytes) {
      return `its file ${path} is damaged: ${found.size} bytes where ${Number(sizeBytes)} were written`;
    }
  }
  return undefined;
}

/** @returns null where there is no manifest, or one that cannot be read: the stage is then not taken as finished */
export async function readStageManifest(directory: string): Promise<StageManifest | null> {
  return readManifest(directory).catch(() => null);
}
