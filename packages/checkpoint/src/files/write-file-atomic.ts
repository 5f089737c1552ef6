/**
 * Writes a file so that a reader sees either the old contents or the new, never a part.
 */

import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { explainFileError } from './explain-file-error.ts';
import { syncDirectory } from './sync-to-disk.ts';
import { removeAbandonedSiblings, temporarySibling } from './temporary-sibling.ts';

/**
 * Creates missing parent directories, writes a temporary sibling, flushes it and renames it over `path`.
 *
 * @throws when the disk is full, the path is not writable and so on; `path` then holds what it held before
 */
export async function writeFileAtomic(path: string, contents: string | Uint8Array): Promise<void> {
  await writeFileAtomicWith('writeFileAtomic', path, async (file) => {
    await file.writeFile(contents);
  });
}

/** As `writeFileAtomic`, for contents too large to hold: `fill` writes to the open temporary file. */
export async function writeFileAtomicWith(
  functionName: string,
  path: string,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = temporarySibling(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await fill(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    await removeAbandonedSiblings(path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw explainFileError(functionName, 'write', path, error);
  }
}
