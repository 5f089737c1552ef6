import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { afterAll, expect, test } from 'vitest';
import { checkDataPlan } from '../plan/check-data-plan.ts';
import { compilePlan } from '../plan/compile-plan.ts';
import type { DataPlanInput } from '../plan/data-plan.ts';
import { openRunDirectory } from '../world/run-directory.ts';
import { applyScript, kubernetesJobs } from './kubernetes-jobs.ts';
import { arrayRanges, slurmScripts } from './slurm-scripts.ts';

const directory = mkdtempSync(join(tmpdir(), 'executors-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function compiled(changes: Partial<DataPlanInput> = {}) {
  const checked = checkDataPlan({
    name: 'Web_2026',
    inputs: [{ path: 'in' }],
    output: directory,
    worldSize: 40,
    steps: [{ step: 'identify', model: 'udhr' }, 'dedup', 'write'],
    ...changes,
  });
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  const run = openRunDirectory(directory);
  return { plan: checked.plan, run, stages: compilePlan(checked.plan, run) };
}

test('Kubernetes: every stage is an Indexed Job that the published schema accepts', () => {
  const { plan, stages } = compiled({ kubernetes: { namespace: 'corpora', maxRunning: 8 } });
  const jobs = kubernetesJobs({
    stages,
    name: plan.name,
    worldSize: plan.worldSize,
    output: '/data/out',
    kubernetes: plan.kubernetes,
  });
  expect(jobs.map(({ metadata, spec }) => [metadata.name, spec.completions, spec.parallelism])).toEqual([
    ['web-2026-0-identifier', 1, 1],
    ['web-2026-1-documents', 40, 8],
    ['web-2026-2-pairs', 28, 8],
    ['web-2026-3-clusters', 1, 1],
    ['web-2026-4-documents', 40, 8],
  ]);
  for (const job of jobs) {
    expect(() => new Job(job as never).validate()).not.toThrow();
    expect(() => new Job({ ...job, spec: { ...job.spec, completions: 'all' } } as never).validate()).toThrow();
  }
  const script = applyScript(
    jobs,
    jobs.map((_, i) => `${i}.yaml`),
  );
  expect(script).toContain(
    'kubectl wait --for=condition=complete --timeout=-1s --namespace corpora job/web-2026-2-pairs',
  );
});

test('Slurm: arrays of the ranks that have work left, with what the plan says to sbatch', async () => {
  const { plan, run, stages } = compiled({
    slurm: {
      partition: 'cpu',
      time: '1-00:00:00',
      memory: '4G',
      maxRunning: 10,
      setup: ['module load node'],
      options: ['--constraint=ssd'],
    },
  });
  const scripts = await slurmScripts({
    run,
    stages,
    name: plan.name,
    worldSize: plan.worldSize,
    slurm: plan.slurm,
    command: ['node', '/opt/mar co/cli.js'],
  });
  expect(scripts.map(({ stage, worldSize }) => [stage, worldSize])).toEqual([
    ['0-identifier', 1],
    ['1-documents', 40],
    ['2-pairs', 28],
    ['3-clusters', 1],
    ['4-documents', 40],
  ]);
  expect(scripts[2]!.text.replaceAll(directory, 'OUT')).toMatchInlineSnapshot(`
    "#!/bin/bash
    #SBATCH --job-name=Web_2026-2-pairs
    #SBATCH --array=0-27%10
    #SBATCH --output=OUT/stages/2-pairs/logs/slurm-%a.log
    #SBATCH --open-mode=append
    #SBATCH --partition=cpu
    #SBATCH --time=1-00:00:00
    #SBATCH --cpus-per-task=1
    #SBATCH --mem=4G
    #SBATCH --requeue
    #SBATCH --kill-on-invalid-dep=yes
    #SBATCH --constraint=ssd
    set -euo pipefail
    module load node
    exec node '/opt/mar co/cli.js' data run OUT --stage 2-pairs --rank "$SLURM_ARRAY_TASK_ID" --world-size 28
    "
  `);
});

test('array ranges', () => {
  expect(arrayRanges([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8');
  expect(arrayRanges([3])).toBe('3');
});
