/**
 * A directory of checkpoints that is loadable whenever the process dies: each is written under a temporary name, flushed, verified by
 * checksums and renamed, and older ones are removed only after that.
 *
 * One process at a time may save into a store.
 */
import { resolve } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import type { JsonObject } from '../json-value.ts';
import type { ArrayMap } from '../named-array.ts';
import { type CheckpointContents, checkContents, readContents } from './checkpoint-contents.ts';
import { listEntries } from './checkpoint-entries.ts';
import { saveInThread } from './save-in-thread.ts';
import { writeCheckpoint } from './write-checkpoint.ts';

/** A checkpoint that is damaged, and how. */
export interface SkippedCheckpoint {
  readonly step: number;
  readonly directory: string;
  readonly reason: string;
}

/** A checkpoint whose checksums held. */
export interface LoadedCheckpoint {
  readonly step: number;
  readonly directory: string;
  readonly groups: Readonly<Record<string, ArrayMap>>;
  readonly state: JsonObject;
  /** Newer checkpoints that did not pass verification, newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** What else stays when older checkpoints are removed. */
export interface SaveOptions {
  /** Steps that stay beside the last ones, such as the best so far. */
  readonly keepSteps?: readonly number[];
}

/** Saves and loads the checkpoints of one run, by step. */
export interface CheckpointStore {
  readonly directory: string;
  /**
   * @param contents given up by the caller when the store writes in a thread
   * @returns the directory of the checkpoint, once it is safe on the disk
   */
  save(step: number, contents: CheckpointContents, options?: SaveOptions): Promise<string>;
  /**
   * @returns the newest checkpoint whose checksums hold; null when the store has none
   * @throws when there are checkpoints and none can be loaded, with the reason for each
   */
  loadLatest(): Promise<LoadedCheckpoint | null>;
  /** @returns the checkpoint of one step. @throws when there is none, or its checksums do not hold */
  load(step: number): Promise<LoadedCheckpoint>;
  /** Steps present, in rising order, unverified. */
  steps(): Promise<number[]>;
}

/** How many checkpoints stay, and where they are written. */
export interface CheckpointStoreOptions {
  /** How many checkpoints to keep, at least 1; those that fail verification do not count. */
  readonly keepLast: number;
  /** Writes each checkpoint in a thread of its own: `save` returns at the next await, and its arrays are given up. @default false */
  readonly inThread?: boolean;
}

/** Errors that say nothing of the checkpoint: falling back would lose work that is there. */
const NOT_THE_CHECKPOINT = new Set(['EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS']);

/** @throws when `keepLast` is no whole number from 1 */
export function createCheckpointStore(directory: string, options: CheckpointStoreOptions): CheckpointStore {
  const { keepLast, inThread = false } = options;
  if (!Number.isInteger(keepLast) || keepLast < 1)
    throw fault('createCheckpointStore', 'keepLast must be 1 or more', String(keepLast), directory);
  const root = resolve(directory);
  const knownBad = new Set<string>();

  return {
    directory: root,
    async save(step, contents, { keepSteps = [] } = {}) {
      if (!Number.isSafeInteger(step) || step < 0 || step > 999_999_999) {
        throw fault('save', 'step must be a whole number from 0 to 999999999', String(step), root);
      }
      checkContents(contents);
      const retention = { keepLast, keepSteps, knownBad };
      if (inThread) return saveInThread({ root, step, contents, retention });
      return writeCheckpoint(root, step, contents, retention);
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
    async load(step) {
      const entries = await listEntries(root);
      const entry = entries.find((one) => one.step === step);
      if (entry === undefined) {
        const present = entries.map((one) => one.step).join(', ') || 'none';
        throw fault('load', 'the step must have a checkpoint', String(step), root, `There are: ${present}.`);
      }
      try {
        return { step, directory: entry.path, ...(await readContents(entry.path)), skipped: [] };
      } catch (error) {
        throw fault('load', 'the checkpoint must pass verification', (error as Error).message, entry.path);
      }
    },
    async steps() {
      return [...new Set((await listEntries(root)).map(({ step }) => step))].sort((a, b) => a - b);
    },
  };
}

function fault(functionName: string, rule: string, got: string, at: string, nextStep = ''): Error {
  return new Error(`[@marco-ts/checkpoint] ${functionName}: ${rule}, got ${got} at ${at}. ${nextStep}`.trimEnd());
}
