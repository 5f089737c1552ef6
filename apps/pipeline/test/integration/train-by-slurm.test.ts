/** Workers of one run that Slurm starts, as the help of `marco train` shows it: one job of two tasks that meet in a directory. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readJsonlLog } from '@marco-ts/trainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingForSlurm, type SlurmCluster, startSlurmCluster } from '../fixtures/slurm-cluster.ts';
import { writeTinyPretraining } from '../fixtures/tiny-pretraining.ts';

const cli = resolve(import.meta.dirname, '../../src/cli.ts');
const missing = missingForSlurm();

describe.skipIf(missing !== undefined)(
  `marco train under Slurm${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let root: string;
    let slurm: SlurmCluster | undefined;
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'marco-slurm-'));
      await writeTinyPretraining(root);
      slurm = await startSlurmCluster(root);
    }, 60_000);
    afterAll(async () => {
      await slurm?.stop();
      rmSync(root, { recursive: true, force: true });
    });

    test('two tasks of one job end with the same model', { timeout: 180_000 }, async () => {
      const command = `${process.execPath} --conditions=@marco-ts/source ${cli} train recipe.yaml --shards shards --model model -o out`;
      writeFileSync(
        join(root, 'job.sh'),
        `#!/bin/sh
srun sh -c '${command} --mailbox mail --set pretrain.checkpointEverySteps=1000 --set pretrain.stages[0].numTokens=51200 --set pretrain.stages[1].numTokens=51200 --inner-steps 16 --worker-id $SLURM_PROCID --num-workers $SLURM_NTASKS'
`,
      );
      const args = [
        '--wait',
        '--ntasks=2',
        `--chdir=${root}`,
        `--output=${join(root, 'job.out')}`,
        join(root, 'job.sh'),
      ];
      await promisify(execFile)('sbatch', args, {
        env: { ...slurm!.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
      }).catch((error: Error) => {
        const told = existsSync(join(root, 'job.out')) ? readFileSync(join(root, 'job.out'), 'utf8') : 'nothing';
        throw new Error(`${error.message}\n${told}`);
      });
      const modelOf = (worker: number) =>
        readFileSync(join(root, 'out', `worker-${worker}`, '03-second', 'model', 'model.safetensors'));
      expect(modelOf(1).equals(modelOf(0))).toBe(true);
      // Stages are long enough for the task that starts later to join.
      for (const worker of [0, 1]) {
        const events = await readJsonlLog(join(root, 'out', `worker-${worker}`, '03-second', 'training.jsonl'));
        const rounds = events.filter((event) => event.type === 'round-completed');
        expect(rounds.map(({ metrics }) => metrics.workers)).toContain(2);
      }
    });
  },
);
