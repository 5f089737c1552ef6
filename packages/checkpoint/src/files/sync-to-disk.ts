/**
 * Asks the operating system to put files and directory entries on the disk, so that they survive a power cut.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorCode } from './explain-file-error.ts';

/** Flushes the entries (names) of a directory; does nothing where the platform has no such call (Windows). */
export async function syncDirectory(directory: string): Promise<void> {
  try {
    const file = await open(directory, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes(fileErrorCode(error) ?? '')) throw error;
  }
}

/** Flushes every file and directory below `directory`, and itself. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) {
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  }
  await syncDirectory(directory);
}
