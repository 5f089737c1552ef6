/**
 * Fills a temporary directory beside the target and renames it into place, so that a reader sees all of it or nothing.
 */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * @param directory must not exist, or be empty; its parents are made
 * @param fill writes the files into the temporary directory
 * @throws Error when the target holds files already, or what `fill` throws (nothing is left behind then)
 */
export async function writeDirectoryAtomic(
  directory: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const temporary = join(dirname(directory), `.${basename(directory)}.writing-${process.pid}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary);
  try {
    await fill(temporary);
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
      throw new Error(
        `[@marco-ts/data] writeDirectoryAtomic: the target must not hold files, got a used one at ${directory}. Remove it or write elsewhere.`,
        { cause: error },
      );
    }
    throw error;
  }
  const parent = await open(dirname(directory), 'r').catch(() => undefined);
  await parent?.sync().catch(() => undefined);
  await parent?.close();
}

/** Writes a whole file and waits until it is on the disk. */
export async function writeFileSynced(path: string, contents: Uint8Array | string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @returns the size of a file in bytes, or undefined when there is none */
export async function fileSizeBytes(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch {
    return undefined;
  }
}
