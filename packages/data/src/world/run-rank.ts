/**
 * Does a rank's share of a stage: units that are complete are skipped, the others are written apart and moved into place whole.
 *
 * Killed at any moment and called again, by this or any other number of ranks, it leaves the same bytes. Two ranks that do one unit at the same
 * time write the same, and the second one's copy is thrown away.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeFileSynced } from '../storage/write-directory-atomic.ts';
import { publishUnit } from './publish-unit.ts';
import { createRankLog, writeRankState } from './rank-state.ts';
import { type RunDirectory, rankName, UNIT_FILE, unitName } from './run-directory.ts';
import type { Stage } from './stage.ts';
import type { UnitReport } from './unit-report.ts';

/** The run, the stage, and which rank of how many this is. */
export interface RunRankOptions {
  readonly run: RunDirectory;
  readonly stage: Stage;
  readonly rank: number;
  readonly worldSize: number;
  readonly signal?: AbortSignal;
  /** Told of each unit that is done or was there already. */
  readonly onUnit?: (index: number, numUnits: number) => void;
}

/** What a rank did of its stage. */
export interface RankResult {
  readonly numUnits: number;
  /** Of these, the ones that were complete before. */
  readonly numSkipped: number;
}

/** @throws Error when rank and world make no sense */
export function expectRank(caller: string, rank: number, worldSize: number): void {
  const isWorld = Number.isSafeInteger(worldSize) && worldSize >= 1;
  if (isWorld && Number.isSafeInteger(rank) && rank >= 0 && rank < worldSize) return;
  throw new Error(
    `[@marco-ts/data] ${caller}: a rank must be an integer in [0, world size), got rank ${rank} of ${worldSize}. Ranks count from 0.`,
  );
}

async function moveIntoPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(from, { recursive: true, force: true });
  }
}

async function doUnit(index: number, writing: string, options: RunRankOptions, log: (line: string) => void) {
  const { run, stage, signal } = options;
  const directory = join(writing, unitName(index));
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const started = Date.now();
  const result = await stage.runUnit(index, { run, directory, log, ...(signal === undefined ? {} : { signal }) });
  const report: UnitReport = { formatVersion: 1, ...result };
  await writeFileSynced(join(directory, UNIT_FILE), `${JSON.stringify(report, null, 1)}\n`);
  await moveIntoPlace(directory, run.unit(stage.name, index));
  log(`unit ${index} (${result.name}): done in ${((Date.now() - started) / 1000).toFixed(2)} s`);
}

/**
 * @throws whatever a unit throws, after its directory is removed and the rank is marked as failed; the signal's reason when it is raised
 */
export async function runRank(options: RunRankOptions): Promise<RankResult> {
  const { run, stage, rank, worldSize, signal, onUnit } = options;
  expectRank('runRank', rank, worldSize);
  const directory = run.stage(stage.name);
  const name = rankName(rank, worldSize);
  const writing = join(directory, 'writing', name);
  await mkdir(join(directory, 'units'), { recursive: true });
  await rm(writing, { recursive: true, force: true });
  const log = await createRankLog(directory, name);
  const started = Date.now();
  const place = { host: hostname(), processId: process.pid };
  let numSkipped = 0;
  let numUnits = 0;
  const record = (state: 'running' | 'complete' | 'failed', error?: string) =>
    writeRankState(directory, name, {
      state,
      numUnits,
      numSkipped,
      durationMs: Date.now() - started,
      ...place,
      ...(error === undefined ? {} : { error }),
    });
  await record('running');
  try {
    const numAllUnits = await stage.countUnits(run);
    log(`rank ${rank} of ${worldSize}: ${numAllUnits} units in all`);
    for (let index = rank; index < numAllUnits; index += worldSize) {
      signal?.throwIfAborted();
      if (run.isUnitComplete(stage.name, index)) numSkipped++;
      else await doUnit(index, writing, options, log);
      await publishUnit(run, await run.readUnit(stage.name, index), run.unit(stage.name, index));
      numUnits++;
      onUnit?.(index, numAllUnits);
    }
    log(`rank ${rank} of ${worldSize}: ${numUnits} units done, ${numSkipped} of them before`);
    await record('complete');
    return { numUnits, numSkipped };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log(`rank ${rank} of ${worldSize}: ${signal?.aborted ? 'stopped' : 'failed'}: ${message}`);
    await rm(writing, { recursive: true, force: true }).catch(() => undefined);
    await record('failed', message).catch(() => undefined);
    throw error;
  }
}
