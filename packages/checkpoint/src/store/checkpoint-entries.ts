/**
 * The names of a checkpoint directory: which checkpoints lie there, which are kept, and how one is taken away.
 *
 * Layout: `step-<9 digits>` per checkpoint; saving a step again adds `step-<9 digits>-r<n>`, which wins over the earlier one and then
 * replaces it. Names that begin with a dot are unfinished or being removed.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { verifySizes } from './checkpoint-contents.ts';

export interface CheckpointEntry {
  readonly step: number;
  readonly revision: number;
  readonly path: string;
}

export interface Retention {
  /** how many of the newest intact checkpoints stay */
  readonly keepLast: number;
  /** steps that stay beside them, such as the best one so far */
  readonly keepSteps: readonly number[];
  /** directories that failed verification: they do not count, and go */
  readonly knownBad: ReadonlySet<string>;
}

export function entryName(step: number, revision: number): string {
  return `step-${String(step).padStart(9, '0')}${revision === 0 ? '' : `-r${revision}`}`;
}

/** @returns newest first; empty where there is no such directory */
export async function listEntries(root: string): Promise<CheckpointEntry[]> {
  let names: string[];
  try {
    names = await readdir(root);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw explainFileError('loadLatest', 'read', root, error);
  }
  const entries: CheckpointEntry[] = [];
  for (const name of names) {
    const match = /^step-(\d{9})(?:-r(\d+))?$/.exec(name);
    if (match) entries.push({ step: Number(match[1]), revision: Number(match[2] ?? 0), path: join(root, name) });
  }
  return entries.sort((a, b) => b.step - a.step || b.revision - a.revision);
}

/** Keeps what `retention` says up to `step`, and everything above it, which a resumed run has yet to reach. */
export async function pruneEntries(root: string, step: number, retention: Retention): Promise<void> {
  const { keepLast, keepSteps, knownBad } = retention;
  const kept = new Set<number>();
  const pinned = new Set<number>();
  for (const entry of await listEntries(root)) {
    if (entry.step > step) continue;
    const isNew = !kept.has(entry.step) && !pinned.has(entry.step);
    const isWanted = kept.size < keepLast || keepSteps.includes(entry.step);
    if (isNew && isWanted && !knownBad.has(entry.path) && (await isWhole(entry.path))) {
      (kept.size < keepLast ? kept : pinned).add(entry.step);
    } else {
      await removeDirectory(root, entry.path);
    }
  }
}

/** Takes away what a killed process left. */
export async function removeUnfinished(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (/^\.(saving|removing)-/.test(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}

async function isWhole(path: string): Promise<boolean> {
  try {
    await verifySizes(path);
    return true;
  } catch {
    return false;
  }
}

/** Hides the directory by a rename first, so that a kill in the middle of the removal leaves no half checkpoint in sight. */
async function removeDirectory(root: string, path: string): Promise<void> {
  const hidden = join(root, `.removing-${process.pid}-${Date.now()}`);
  await rename(path, hidden);
  await rm(hidden, { recursive: true, force: true });
}
