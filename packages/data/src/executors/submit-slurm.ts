/**
 * Writes the scripts of `slurmScripts` below the run's directory and hands them to sbatch, each waiting for the one before it.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunDirectory } from '../world/run-directory.ts';
import type { SlurmScript } from './slurm-scripts.ts';

/** A stage's job, as sbatch named it. */
export interface SlurmJob {
  readonly stage: string;
  readonly jobId: string;
}

const runProgram = promisify(execFile);

/** @returns the scripts' paths */
export async function writeSlurmScripts(run: RunDirectory, scripts: readonly SlurmScript[]): Promise<string[]> {
  const directory = join(run.path, 'slurm');
  await mkdir(directory, { recursive: true });
  const paths: string[] = [];
  for (const { stage, text } of scripts) {
    // Slurm makes no folder for a job's output.
    await mkdir(join(run.stage(stage), 'logs'), { recursive: true });
    const path = join(directory, `${stage}.sh`);
    await writeFile(path, text, { mode: 0o755 });
    paths.push(path);
  }
  return paths;
}

/** @throws Error when sbatch is missing or refuses a script; those before it are submitted then */
export async function submitSlurm(run: RunDirectory, scripts: readonly SlurmScript[]): Promise<SlurmJob[]> {
  const paths = await writeSlurmScripts(run, scripts);
  const jobs: SlurmJob[] = [];
  for (const [index, { stage }] of scripts.entries()) {
    const before = jobs.at(-1);
    const dependency = before === undefined ? [] : [`--dependency=afterok:${before.jobId}`];
    try {
      const { stdout } = await runProgram('sbatch', ['--parsable', ...dependency, paths[index]!]);
      jobs.push({ stage, jobId: stdout.trim().split(';')[0]! });
    } catch (error) {
      const { stderr, code } = error as { stderr?: string; code?: string };
      const got = code === 'ENOENT' ? 'no program of that name' : (stderr ?? String(error)).trim();
      throw new Error(
        `[@marco-ts/data] submitSlurm: sbatch must take ${paths[index]}, got ${got}. Submitted so far: ${jobs.map(({ jobId }) => jobId).join(', ') || 'nothing'}.`,
        { cause: error },
      );
    }
  }
  return jobs;
}
