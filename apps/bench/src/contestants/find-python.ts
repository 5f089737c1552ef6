/**
 * The Python whose packages the peers are: made by `tools/peers/setup`, or any that the caller names.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { repositoryRoot } from '../repository-root.ts';

export type Python = { readonly path: string } | { readonly path: null; readonly reason: string };

const SETUP = 'run tools/peers/setup, or name a Python with --python or MARCO_PEERS_PYTHON';

/**
 * @param named a Python, or the folder of a virtual environment; undefined: `.venv-peers` at the root of the repository
 * @returns a reason instead of a path when nothing is there
 */
export function findPython(named: string | undefined): Python {
  const place = named === undefined || named === '' ? join(repositoryRoot(), '.venv-peers') : resolve(named);
  if (!existsSync(place)) {
    return { path: null, reason: named ? `there is no ${place}; ${SETUP}` : `no Python for the peers; ${SETUP}` };
  }
  if (!statSync(place).isDirectory()) return { path: place };
  for (const inside of ['bin/python', 'Scripts/python.exe']) {
    if (existsSync(join(place, inside))) return { path: join(place, inside) };
  }
  return { path: null, reason: `${place} is no virtual environment; ${SETUP}` };
}
