/**
 * What a rank leaves beside its results: the state it is in, and a log. Neither is part of the output that runs are compared by.
 */
import { appendFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';

/** How far a rank has come. */
export interface RankState {
  readonly state: 'running' | 'complete' | 'failed';
  /** Units of this rank that are complete. */
  readonly numUnits: number;
  readonly numSkipped: number;
  readonly durationMs: number;
  readonly host: string;
  readonly processId: number;
  readonly error?: string;
}

/** Replaces the state of a rank as a whole. */
export async function writeRankState(stageDirectory: string, name: string, state: RankState): Promise<void> {
  const ranks = join(stageDirectory, 'ranks');
  await mkdir(ranks, { recursive: true });
  const temporary = join(ranks, `.${name}.${process.pid}`);
  await writeFileSynced(temporary, `${JSON.stringify(state)}\n`);
  await rename(temporary, join(ranks, `${name}.json`));
}

/** @returns a function that appends a line with the time to the rank's log; a full disk silences the log, not the rank */
export async function createRankLog(stageDirectory: string, name: string): Promise<(line: string) => void> {
  const logs = join(stageDirectory, 'logs');
  await mkdir(logs, { recursive: true });
  const path = join(logs, `${name}.log`);
  return (line) => {
    try {
      appendFileSync(path, `${new Date().toISOString()} ${line}\n`);
    } catch {
      // The unit itself will say what is wrong with the disk.
    }
  };
}
