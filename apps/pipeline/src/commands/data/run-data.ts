/**
 * `marco data run`: all stages on this machine, or one rank of one stage, or the files that another executor runs them by.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  applyScript,
  type DataRun,
  kubernetesJobs,
  runLocal,
  runRank,
  runStatistics,
  slurmScripts,
  submitSlurm,
  waitForStages,
  writeSlurmScripts,
} from '@marco-ts/data';
import { stringify } from 'yaml';
import { BadInputError } from '../../errors.ts';
import type { CommandOutput } from '../pipeline.ts';

export interface RankOptions {
  readonly stage: string;
  readonly rank: number;
  readonly worldSize: number;
  /** First wait until the stages before are complete. */
  readonly wait: boolean;
}

/** The program that was started and its first arguments, for scripts that start it again. */
export function ownProgram(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1]!];
}

export async function runOneRank({ run, stages }: DataRun, options: RankOptions, signal: AbortSignal): Promise<object> {
  const index = stages.findIndex(({ name }) => name === options.stage);
  if (index < 0) {
    throw new BadInputError(
      `[@marco-ts/pipeline] data run: --stage must be one of ${stages.map(({ name }) => name).join(', ')}, got "${options.stage}".`,
    );
  }
  const stage = stages[index]!;
  if (options.wait) await waitForStages(run, stages.slice(0, index), { signal });
  const { rank, worldSize } = options;
  return { stage: stage.name, rank, worldSize, ...(await runRank({ run, stage, rank, worldSize, signal })) };
}

export async function runHere(
  dataRun: DataRun,
  { numWorkers, signal }: { readonly numWorkers?: number; readonly signal: AbortSignal },
  output: CommandOutput,
): Promise<object> {
  const started = Date.now();
  await runLocal(dataRun, {
    numWorkers: numWorkers ?? availableParallelism(),
    signal,
    onProgress: ({ stage, state, numUnits }) => {
      if (state !== 'complete') return;
      output.stderr.write(`${stage}: ${numUnits} units, ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    },
  });
  const { funnel } = await runStatistics(dataRun.run, dataRun.stages);
  const { read, kept, dropped } = funnel;
  return { output: dataRun.run.path, durationMs: Date.now() - started, read, kept, dropped };
}

export async function runOnSlurm({ plan, run, stages }: DataRun, submit: boolean): Promise<object> {
  const { name, worldSize, slurm } = plan;
  const scripts = await slurmScripts({ run, stages, name, worldSize, slurm, command: ownProgram() });
  if (submit) return { jobs: await submitSlurm(run, scripts) };
  return { scripts: await writeSlurmScripts(run, scripts) };
}

/** Manifests and the script that applies them in turn. */
export async function writeKubernetes({
  plan,
  run,
  stages,
}: DataRun): Promise<{ manifests: string[]; script: string }> {
  const { name, worldSize, kubernetes } = plan;
  const directory = join(run.path, 'kubernetes');
  await mkdir(directory, { recursive: true });
  const jobs = kubernetesJobs({ stages, name, worldSize, output: run.path, kubernetes });
  const files = stages.map((stage) => `${stage.name}.yaml`);
  for (const [index, job] of jobs.entries()) await writeFile(join(directory, files[index]!), stringify(job));
  const script = join(directory, 'apply.sh');
  await writeFile(script, applyScript(jobs, files));
  await chmod(script, 0o755);
  return { manifests: files.map((file) => join(directory, file)), script };
}
