/**
 * A Slurm job array for each stage of a plan: task r of the array is rank r; a stage waits for the one before it.
 *
 * Source: sbatch(1) of Slurm. Arrays are requeued when their node fails or is taken away; a rank that starts again skips what is complete.
 */
import { join } from 'node:path';
import type { SlurmOptions } from '../plan/data-plan.ts';
import type { RunDirectory } from '../world/run-directory.ts';
import type { Stage } from '../world/stage.ts';

/** The job array of one stage. */
export interface SlurmScript {
  readonly stage: string;
  /** Ranks that have work left. */
  readonly ranks: readonly number[];
  readonly worldSize: number;
  readonly text: string;
}

export interface SlurmScriptsOptions {
  readonly run: RunDirectory;
  readonly stages: readonly Stage[];
  readonly name: string;
  readonly worldSize: number;
  readonly slurm: SlurmOptions;
  /** Program and first arguments; the run's directory and the rank follow. */
  readonly command: readonly string[];
}

const quote = (text: string): string => (/^[\w./@:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** `0,3-7` */
export function arrayRanges(ranks: readonly number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < ranks.length; ) {
    let end = i;
    while (ranks[end + 1] === ranks[end]! + 1) end++;
    ranges.push(end === i ? `${ranks[i]}` : `${ranks[i]}-${ranks[end]}`);
    i = end + 1;
  }
  return ranges.join(',');
}

/** Ranks with units that are not complete; all of them where the units are not known yet. */
function ranksLeft(run: RunDirectory, stage: string, numUnits: number | undefined, worldSize: number): number[] {
  const all = Array.from({ length: worldSize }, (_, rank) => rank);
  if (numUnits === undefined) return all;
  const open = new Set<number>();
  for (let index = 0; index < numUnits; index++) if (!run.isUnitComplete(stage, index)) open.add(index % worldSize);
  return all.filter((rank) => open.has(rank));
}

function scriptText(options: SlurmScriptsOptions, stage: string, ranks: readonly number[], worldSize: number): string {
  const { run, slurm, name, command } = options;
  const limit = slurm.maxRunning === undefined ? '' : `%${slurm.maxRunning}`;
  const directives: [string, string | number | undefined][] = [
    ['job-name', `${name}-${stage}`],
    ['array', `${arrayRanges(ranks)}${limit}`],
    ['output', join(run.stage(stage), 'logs', 'slurm-%a.log')],
    ['open-mode', 'append'],
    ['partition', slurm.partition],
    ['account', slurm.account],
    ['qos', slurm.qos],
    ['time', slurm.time],
    ['cpus-per-task', slurm.cpusPerTask],
    ['mem', slurm.memory],
  ];
  const lines = directives.flatMap(([key, value]) => (value === undefined ? [] : [`#SBATCH --${key}=${value}`]));
  const rank = [
    ...[...command, 'data', 'run', run.path, '--stage', stage].map(quote),
    '--rank "$SLURM_ARRAY_TASK_ID"',
    `--world-size ${worldSize}`,
  ].join(' ');
  return [
    '#!/bin/bash',
    ...lines,
    '#SBATCH --requeue',
    '#SBATCH --kill-on-invalid-dep=yes',
    ...slurm.options.map((option) => `#SBATCH ${option}`),
    'set -euo pipefail',
    ...slurm.setup,
    `exec ${rank}`,
    '',
  ].join('\n');
}

/** @returns a script for each stage that has work left, in their order */
export async function slurmScripts(options: SlurmScriptsOptions): Promise<SlurmScript[]> {
  const { run, stages } = options;
  const scripts: SlurmScript[] = [];
  for (const stage of stages) {
    // Units of a stage are known when the ones before it are complete, that is when none of them needs a script.
    const numUnits = scripts.length === 0 ? await stage.countUnits(run) : stage.fixedUnits;
    const worldSize = Math.max(1, Math.min(options.worldSize, numUnits ?? options.worldSize));
    const ranks = ranksLeft(run, stage.name, numUnits, worldSize);
    if (ranks.length === 0) continue;
    scripts.push({ stage: stage.name, ranks, worldSize, text: scriptText(options, stage.name, ranks, worldSize) });
  }
  return scripts;
}
