/**
 * Writes one checkpoint: under a temporary name, flushed, then renamed; older ones are removed only after that.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFileError } from '../files/explain-file-error.ts';
import { syncDirectory, syncTree } from '../files/sync-to-disk.ts';
import { type CheckpointContents, writeContents } from './checkpoint-contents.ts';
import { entryName, listEntries, pruneEntries, type Retention, removeUnfinished } from './checkpoint-entries.ts';

/** @returns the directory of the checkpoint, once it is safe on the disk */
export async function writeCheckpoint(
  root: string,
  step: number,
  contents: CheckpointContents,
  retention: Retention,
): Promise<string> {
  const temporary = join(root, `.saving-${step}-${process.pid}`);
  try {
    await mkdir(root, { recursive: true });
    await removeUnfinished(root);
    await mkdir(temporary);
    await writeContents(temporary, contents);
    await syncTree(temporary);
    const entries = await listEntries(root);
    const revisions = entries.filter((entry) => entry.step === step).map((entry) => entry.revision);
    const path = join(root, entryName(step, revisions.length === 0 ? 0 : Math.max(...revisions) + 1));
    await rename(temporary, path);
    await syncDirectory(root);
    await pruneEntries(root, step, retention);
    return path;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    throw explainFileError('save', 'write a checkpoint', root, error);
  }
}
