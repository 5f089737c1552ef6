/**
 * Writes a directory so that its name appears only when all of it is on the disk, and never destroys different content by accident.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { explainFileError, fileErrorCode } from './explain-file-error.ts';
import { sha256File } from './sha256-file.ts';
import { syncDirectory, syncTree } from './sync-to-disk.ts';
import { removeAbandonedSiblings, temporarySibling } from './temporary-sibling.ts';

/** What happens to a directory that has the name already. */
export interface WriteDirectoryOptions {
  /** Replace a directory that holds something else; without it that is refused. */
  readonly overwrite?: boolean;
}

/**
 * Calls `fill` with a new temporary sibling, flushes what it wrote and renames it to `directory`.
 *
 * An existing empty directory is used; an existing equal one is left as it is. With `overwrite` an existing one is first moved to
 * `.<name>.replaced` beside it and removed at the end; were the process killed between the two renames, the next call moves it back.
 *
 * @throws when `directory` holds different content and `overwrite` is not set, and for every error of `fill` or of the file system;
 * the directory then holds what it held before
 */
export async function writeDirectoryAtomic(
  directory: string,
  fill: (temporary: string) => Promise<void>,
  options: WriteDirectoryOptions = {},
): Promise<void> {
  const target = resolve(directory);
  const temporary = temporarySibling(target);
  const replaced = join(dirname(target), `.${basename(target)}.replaced`);
  try {
    await mkdir(dirname(target), { recursive: true });
    if (!(await exists(target)) && (await exists(replaced))) await rename(replaced, target);
    if ((await exists(target)) && !(await stat(target)).isDirectory())
      throw refuse(target, 'a file of that name is there');
    await mkdir(temporary);
    await fill(temporary);
    await syncTree(temporary);
    await place(temporary, target, replaced, options.overwrite ?? false);
    await syncDirectory(dirname(target));
    await removeAbandonedSiblings(target);
  } catch (error) {
    throw explainFileError('writeDirectoryAtomic', 'write', target, error);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}

async function place(temporary: string, target: string, replaced: string, overwrite: boolean): Promise<void> {
  if (await exists(target)) {
    if ((await readdir(target)).length === 0) await rm(target, { recursive: true });
    else {
      const difference = await firstDifference(temporary, target);
      if (difference === null) return;
      if (!overwrite) throw refuse(target, difference);
      await rm(replaced, { recursive: true, force: true });
      await rename(target, replaced);
    }
  }
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!(await exists(target)) && (await exists(replaced))) await rename(replaced, target);
    throw error;
  }
  await rm(replaced, { recursive: true, force: true });
}

function refuse(target: string, what: string): Error {
  return new Error(
    `[@marco-ts/checkpoint] writeDirectoryAtomic: existing content is not overwritten, got a different one (${what}) at ${target}. ` +
      'Choose another directory, remove this one, or pass overwrite: true.',
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function listFiles(root: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(root, path), (await stat(path)).size);
  }
  return files;
}

/** Null when both trees hold the same files with the same bytes. */
async function firstDifference(written: string, present: string): Promise<string | null> {
  const [ours, theirs] = await Promise.all([listFiles(written), listFiles(present)]);
  for (const path of theirs.keys()) if (!ours.has(path)) return `${path} would be lost`;
  for (const [path, sizeBytes] of ours) {
    const theirSize = theirs.get(path);
    if (theirSize === undefined) return `${path} is missing there`;
    if (theirSize !== sizeBytes) return `${path} has ${theirSize} bytes there, ${sizeBytes} now`;
    if ((await sha256File(join(written, path))) !== (await sha256File(join(present, path)))) {
      return `${path} has other bytes there`;
    }
  }
  return null;
}
