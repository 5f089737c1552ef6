/**
 * How far every stage of a run is: units, ranks that are complete, failed, running or missing, and the ends of their logs.
 */
import { existsSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RankState } from './rank-state.ts';
import { type RunDirectory, rankName } from './run-directory.ts';
import type { Stage } from './stage.ts';

/** How far one rank is. */
export interface RankStatus {
  readonly rank: number;
  readonly state: RankState['state'] | 'missing';
  readonly numUnits: number;
  readonly durationMs?: number;
  readonly host?: string;
  readonly error?: string;
  /** Last lines of its log. */
  readonly logTail: readonly string[];
}

/** How far one stage is. */
export interface StageStatus {
  readonly stage: string;
  /** `blocked`: its units are not known before the stages ahead are complete. */
  readonly state: 'complete' | 'incomplete' | 'blocked';
  readonly numUnits?: number;
  readonly numCompleteUnits: number;
  /** Ranks of the newest world; other worlds may have done units too. */
  readonly worldSize?: number;
  readonly ranks: readonly RankStatus[];
}

const TAIL_BYTES = 4096;

async function tailOf(path: string, numLines: number): Promise<string[]> {
  if (!existsSync(path)) return [];
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-numLines);
  } finally {
    await file.close();
  }
}

interface FoundRank {
  readonly rank: number;
  readonly worldSize: number;
  readonly state: RankState;
}

async function readRanks(directory: string): Promise<FoundRank[]> {
  const ranks = join(directory, 'ranks');
  if (!existsSync(ranks)) return [];
  const found: FoundRank[] = [];
  for (const file of await readdir(ranks)) {
    const [, rank, worldSize] = /^(\d+)-of-(\d+)\.json$/.exec(file) ?? [];
    if (rank === undefined) continue;
    const state = JSON.parse(await readFile(join(ranks, file), 'utf8')) as RankState;
    found.push({ rank: Number(rank), worldSize: Number(worldSize), state });
  }
  return found;
}

/** @returns whether every unit of the stage is there; the stages before it must be complete */
export async function isStageComplete(run: RunDirectory, stage: Stage): Promise<boolean> {
  return run.numCompleteUnits(stage.name) >= (await stage.countUnits(run));
}

/**
 * How far a run is.
 *
 * @param worldSize which world's ranks to tell of; without it the one that wrote last, by its number of running or failed ranks
 * Of each rank the last `numLogLines` lines of its log are told.
 */
export async function runStatus(
  run: RunDirectory,
  stages: readonly Stage[],
  { worldSize, numLogLines = 3 }: { readonly worldSize?: number; readonly numLogLines?: number } = {},
): Promise<StageStatus[]> {
  const result: StageStatus[] = [];
  let isBlocked = false;
  for (const stage of stages) {
    const directory = run.stage(stage.name);
    const found = await readRanks(directory);
    const size = worldSize ?? newestWorld(found);
    const ranks: RankStatus[] = [];
    for (let rank = 0; rank < (size ?? 0); rank++) {
      const known = found.find((entry) => entry.rank === rank && entry.worldSize === size)?.state;
      ranks.push({
        rank,
        state: known?.state ?? 'missing',
        numUnits: known?.numUnits ?? 0,
        ...(known === undefined ? {} : { durationMs: known.durationMs, host: known.host }),
        ...(known?.error === undefined ? {} : { error: known.error }),
        logTail: await tailOf(join(directory, 'logs', `${rankName(rank, size!)}.log`), numLogLines),
      });
    }
    const numCompleteUnits = run.numCompleteUnits(stage.name);
    const numUnits = isBlocked ? undefined : await stage.countUnits(run);
    const state = numUnits === undefined ? 'blocked' : numCompleteUnits >= numUnits ? 'complete' : 'incomplete';
    if (state !== 'complete') isBlocked = true;
    result.push({
      stage: stage.name,
      state,
      ...(numUnits === undefined ? {} : { numUnits }),
      numCompleteUnits,
      ...(size === undefined ? {} : { worldSize: size }),
      ranks,
    });
  }
  return result;
}

/** A world with ranks at work or failed is the one that matters; else the largest. */
function newestWorld(found: readonly FoundRank[]): number | undefined {
  const unfinished = found.filter(({ state }) => state.state !== 'complete');
  const sizes = (unfinished.length > 0 ? unfinished : found).map(({ worldSize }) => worldSize);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
