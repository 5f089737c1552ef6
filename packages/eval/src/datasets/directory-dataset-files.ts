/**
 * Data sets below a local directory: `<root>/<owner>/<name>`, `<root>/<owner>--<name>` or `<root>/<name>`, in any case of letters.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { inputError } from '../input-error.ts';
import type { DatasetFiles } from './dataset-files.ts';

/** @throws Error (on use) when the directory cannot be read */
export function directoryDatasetFiles(root: string): DatasetFiles {
  const directories = new Map<string, Promise<string | undefined>>();
  const directoryOf = (path: string): Promise<string | undefined> => {
    const known = directories.get(path) ?? findDirectory(root, path);
    directories.set(path, known);
    return known;
  };
  return {
    place: `the directory ${root}`,
    async list(path) {
      const directory = await directoryOf(path);
      if (directory === undefined) return [];
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .sort();
    },
    async read(path, file) {
      return readFile(join((await directoryOf(path))!, file));
    },
  };
}

async function findDirectory(root: string, path: string): Promise<string | undefined> {
  const [owner = '', name = ''] = path.split('/');
  const inOwner = await childNamed(root, owner);
  const nested = inOwner === undefined ? undefined : await childNamed(inOwner, name);
  return nested ?? (await childNamed(root, `${owner}--${name}`)) ?? (await childNamed(root, name));
}

async function childNamed(directory: string, name: string): Promise<string | undefined> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
    const child = entries.find((entry) => !entry.isFile() && plain(entry.name) === plain(name));
    return child && join(directory, child.name);
  } catch (error) {
    throw inputError(
      'directoryDatasetFiles',
      `a directory of data sets must be readable, got ${directory}: ${(error as Error).message}.`,
    );
  }
}
