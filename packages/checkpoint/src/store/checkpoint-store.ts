/**
 * A directory of checkpoints that is loadable whenever the process dies: each is written under a temporary name, flushed, verified by
 * checksums and renamed, and older ones are removed only after that.
 *
 * Layout: `step-<9 digits>` per checkpoint; saving a step again adds `step-<9 digits>-r<n>`, which wins over the earlier one and then
 * replaces it. Names that begin with a dot are unfinished or being removed. One process at a time may save into a store.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { syncDirectory, syncTree } from '../files/sync-to-disk.ts';
import type { JsonObject } from '../json-value.ts';
import type { ArrayMap } from '../named-array.ts';
import {
  type CheckpointContents,
  checkContents,
  readContents,
  verifySizes,
  writeContents,
} from './checkpoint-contents.ts';

export interface SkippedCheckpoint {
  readonly step: number;
  readonly directory: string;
  readonly reason: string;
}

export interface LoadedCheckpoint {
  readonly step: number;
  readonly directory: string;
  readonly groups: Readonly<Record<string, ArrayMap>>;
  readonly state: JsonObject;
  /** Newer checkpoints that did not pass verification, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

export interface CheckpointStore {
  readonly directory: string;
  /** @returns the directory of the checkpoint, once it is safe on the disk */
  save(step: number, contents: CheckpointContents): Promise<string>;
  /**
   * @returns the newest checkpoint whose checksums hold; null when the store has none
   * @throws when there are checkpoints and none can be loaded, with the reason for each
   */
  loadLatest(): Promise<LoadedCheckpoint | null>;
  /** Steps present, in rising order, unverified. */
  steps(): Promise<number[]>;
}

interface Entry {
  readonly step: number;
  readonly revision: number;
  readonly path: string;
}

/** Errors that say nothing of the checkpoint: falling back would lose work that is there. */
const NOT_THE_CHECKPOINT = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS']);

/**
 * @param options.keepLast how many checkpoints to keep, at least 1; those that fail verification do not count
 */
export function createCheckpointStore(directory: string, { keepLast }: { readonly keepLast: number }): CheckpointStore {
  if (!Number.isInteger(keepLast) || keepLast < 1)
    throw fault('createCheckpointStore', 'keepLast must be 1 or more', String(keepLast), directory);
  const root = resolve(directory);
  const knownBad = new Set<string>();

  return {
    directory: root,
    async save(step, contents) {
      if (!Number.isSafeInteger(step) || step < 0 || step > 999_999_999) {
        throw fault('save', 'step must be a whole number from 0 to 999999999', String(step), root);
      }
      checkContents(contents);
      const temporary = join(root, `.saving-${step}-${process.pid}`);
      try {
        await mkdir(root, { recursive: true });
        await removeHidden(root);
        await mkdir(temporary);
        await writeContents(temporary, contents);
        await syncTree(temporary);
        const entries = await listEntries(root);
        const revisions = entries.filter((entry) => entry.step === step).map((entry) => entry.revision);
        const path = join(root, entryName(step, revisions.length === 0 ? 0 : Math.max(...revisions) + 1));
        await rename(temporary, path);
        await syncDirectory(root);
        await prune(root, step, keepLast, knownBad);
        return path;
      } catch (error) {
        await rm(temporary, { recursive: true, force: true }).catch(() => {});
        throw explainFileError('save', 'write a checkpoint', root, error);
      }
    },
    async loadLatest() {
      const skipped: SkippedCheckpoint[] = [];
      for (const { step, path } of await listEntries(root)) {
        try {
          const { groups, state } = await readContents(path);
          return { step, directory: path, groups, state, skipped };
        } catch (error) {
          if (NOT_THE_CHECKPOINT.has(fileErrorCode(error) ?? ''))
            throw explainFileError('loadLatest', 'read', path, error);
          knownBad.add(path);
          skipped.push({ step, directory: path, reason: (error as Error).message });
        }
      }
      if (skipped.length === 0) return null;
      const reasons = skipped.map(({ directory, reason }) => `${directory}: ${reason}`).join('; ');
      throw fault(
        'loadLatest',
        'at least one checkpoint must pass verification',
        reasons,
        root,
        'Restore one from a copy, or move the directory away to start afresh.',
      );
    },
    async steps() {
      return [...new Set((await listEntries(root)).map(({ step }) => step))].sort((a, b) => a - b);
    },
  };
}

function entryName(step: number, revision: number): string {
  return `step-${String(step).padStart(9, '0')}${revision === 0 ? '' : `-r${revision}`}`;
}

/** Newest first. */
async function listEntries(root: string): Promise<Entry[]> {
  let names: string[];
  try {
    names = await readdir(root);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw explainFileError('loadLatest', 'read', root, error);
  }
  const entries: Entry[] = [];
  for (const name of names) {
    const match = /^step-(\d{9})(?:-r(\d+))?$/.exec(name);
    if (match) entries.push({ step: Number(match[1]), revision: Number(match[2] ?? 0), path: join(root, name) });
  }
  return entries.sort((a, b) => b.step - a.step || b.revision - a.revision);
}

/**
 * Keeps the newest `keepLast` intact steps up to `step`, and everything above it, which a resumed run has yet to reach.
 */
async function prune(root: string, step: number, keepLast: number, knownBad: ReadonlySet<string>): Promise<void> {
  const kept = new Set<number>();
  for (const entry of await listEntries(root)) {
    if (entry.step > step) continue;
    const keep =
      !kept.has(entry.step) && kept.size < keepLast && !knownBad.has(entry.path) && (await isWhole(entry.path));
    if (keep) kept.add(entry.step);
    else await removeDirectory(root, entry.path);
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

async function removeHidden(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (/^\.(saving|removing)-/.test(name)) await rm(join(root, name), { recursive: true, force: true });
  }
}

function fault(functionName: string, rule: string, got: string, at: string, nextStep = ''): Error {
  return new Error(`[@marco-ts/checkpoint] ${functionName}: ${rule}, got ${got} at ${at}. ${nextStep}`.trimEnd());
}
