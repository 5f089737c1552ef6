/**
 * One run directory, one running command: a lock file with the process id, taken over when that process is gone.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BadInputError } from '../errors.ts';

const LOCK_FILE = 'run.lock';

interface LockContents {
  readonly pid: number;
  readonly host: string;
  /** clock ticks after boot at which the process began, where the system tells: process ids are used again */
  readonly processStart: string | null;
  readonly token: string;
  readonly since: string;
}

export interface RunLock {
  /** set when a lock of a process that no longer runs was taken over */
  readonly tookOverFrom: { readonly pid: number; readonly since: string } | null;
  release(): void;
}

/** @throws BadInputError when another process holds the directory */
export async function acquireRunLock(directory: string): Promise<RunLock> {
  const path = join(directory, LOCK_FILE);
  const own: LockContents = {
    pid: process.pid,
    host: hostname(),
    processStart: processStart(process.pid),
    token: randomUUID(),
    since: new Date().toISOString(),
  };
  let tookOverFrom: RunLock['tookOverFrom'] = null;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(path, JSON.stringify(own), { flag: 'wx' });
      return { tookOverFrom, release: () => releaseLock(path, own.token) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null) continue;
    const holder = parseLock(text);
    if (holder !== null && holder.host !== own.host) {
      throw new BadInputError(
        `[@marco-ts/pipeline] acquireRunLock: a run directory is used by one command at a time, got a lock of process ${holder.pid} on host ${holder.host} since ${holder.since} at ${path}. If nothing runs there any more, delete that file.`,
      );
    }
    if (holder !== null && isRunning(holder)) {
      throw new BadInputError(
        `[@marco-ts/pipeline] acquireRunLock: a run directory is used by one command at a time, got process ${holder.pid} at work since ${holder.since} in ${directory}. Wait for it, or stop it with Ctrl-C.`,
      );
    }
    // Renaming is atomic, so of two commands that both see the dead lock only one takes it away.
    const grave = `${path}.${own.token}`;
    await rename(path, grave).catch(() => undefined);
    await rm(grave, { force: true });
    if (holder !== null) tookOverFrom = { pid: holder.pid, since: holder.since };
  }
  throw new BadInputError(
    `[@marco-ts/pipeline] acquireRunLock: the lock must be free, got one that other commands keep taking at ${path}. Try again.`,
  );
}

function parseLock(text: string): LockContents | null {
  try {
    const contents = JSON.parse(text) as LockContents;
    return Number.isInteger(contents.pid) ? contents : null;
  } catch {
    return null;
  }
}

function isRunning(holder: LockContents): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const fields = processFields(holder.pid);
  // A killed process keeps its id until its parent asks for it, which the first process of many containers never does.
  if (fields?.[0] === 'Z' || fields?.[0] === 'X') return false;
  const start = fields?.[19] ?? null;
  return start === null || holder.processStart === null || start === holder.processStart;
}

function processStart(pid: number): string | null {
  return processFields(pid)?.[19] ?? null;
}

/** Fields of Linux's `/proc/<pid>/stat` from the third on: state first, start time at 19; null elsewhere. */
function processFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and can hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function releaseLock(path: string, token: string): void {
  try {
    if (parseLock(readFileSync(path, 'utf8'))?.token === token) rmSync(path, { force: true });
  } catch {
    // already gone
  }
}
