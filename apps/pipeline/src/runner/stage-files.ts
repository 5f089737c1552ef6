/**
 * The files of a finished stage: listed with sizes and checksums when it ends, looked for before it is taken as up to date.
 *
 * A file that was deleted, cut off or changed since then makes its stage run again. Sizes are compared at every start; checksums, which read
 * everything, where a stage is about to build on the files.
 *
 * Source of the checksum: CRC-32 of zlib, which finds every single flipped bit; it is no protection against intent.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { crc32 } from 'node:zlib';
import { type JsonValue, readManifest, type StageManifest } from '@marco-ts/checkpoint';

export type StageFile = { readonly sizeBytes: number; readonly crc32: string };

const READ_BYTES = 4 * 2 ** 20;

/** @returns sizes and checksums by path from the directory, with `/` everywhere */
export async function listStageFiles(directory: string): Promise<Record<string, StageFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: [string, StageFile][] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = { sizeBytes: (await stat(path)).size, crc32: await checksum(path) };
    files.push([relative(directory, path).split(sep).join('/'), file]);
  }
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * @param files `notes.files` of the stage's manifest; those of an older version are sizes alone
 * @param compare sizes take no time; contents read every file
 * @returns what happened to the first listed file that is not as it was; undefined when all are
 */
export async function findDamage(
  directory: string,
  files: JsonValue | undefined,
  compare: 'sizes' | 'contents',
): Promise<string | undefined> {
  for (const [path, written] of Object.entries(files ?? {})) {
    const { sizeBytes, crc32: expected } = (
      typeof written === 'number' ? { sizeBytes: written } : written
    ) as Partial<StageFile>;
    const found = await stat(join(directory, path)).catch(() => undefined);
    if (found === undefined) return `its file ${path} is gone`;
    if (found.size !== sizeBytes)
      return `its file ${path} is damaged: ${found.size} bytes where ${sizeBytes} were written`;
    if (compare === 'sizes' || expected === undefined) continue;
    const actual = await checksum(join(directory, path));
    if (actual !== expected) return `its file ${path} is damaged: checksum ${actual} where ${expected} was written`;
  }
  return undefined;
}

async function checksum(path: string): Promise<string> {
  let sum = 0;
  for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) sum = crc32(bytes as Buffer, sum);
  return sum.toString(16).padStart(8, '0');
}

/** @returns null where there is no manifest, or one that cannot be read: the stage is then not taken as finished */
export async function readStageManifest(directory: string): Promise<StageManifest | null> {
  return readManifest(directory).catch(() => null);
}
