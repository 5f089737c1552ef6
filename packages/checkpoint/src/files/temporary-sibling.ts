/**
 * Names for files and directories that are being written, and the removal of those that a killed process left behind.
 *
 * The name is `.<final name>.<host>-<process id>-<random>.tmp`, in the same directory, so that a rename stays on one file system.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

const host = () => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A path beside `path` that no other process or call will choose. */
export function temporarySibling(path: string): string {
  return join(dirname(path), `.${basename(path)}.${host()}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

/** Removes temporary siblings of `path` whose process, on this machine, is no longer alive. */
export async function removeAbandonedSiblings(path: string): Promise<void> {
  const prefix = `.${basename(path)}.${host()}-`;
  const names = await readdir(dirname(path)).catch(() => [] as string[]);
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
    const processId = Number(name.slice(prefix.length).split('-')[0]);
    if (Number.isInteger(processId) && !isAlive(processId)) {
      await rm(join(dirname(path), name), { recursive: true, force: true });
    }
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
