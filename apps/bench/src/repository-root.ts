/**
 * Where this package and its repository lie, found from the running file: the same from sources and from `dist`.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { benchError } from './bench-error.ts';

export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw benchError('packageRoot', `no package.json above ${import.meta.dirname}. Run from a checkout.`);
    folder = parent;
  }
  return folder;
}

export function repositoryRoot(): string {
  return join(packageRoot(), '..', '..');
}
