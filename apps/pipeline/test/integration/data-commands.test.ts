/**
 * `marco data` as a user has it: a plan checked, shown, run, looked at, stopped and gone on with; on Slurm where it is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { hashRun } from '@marco-ts/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataPlan } from '../../src/commands/data/load-data-plan.ts';
import { missingForSlurm, type SlurmCluster, startSlurmCluster } from '../fixtures/slurm-cluster.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../../..');
const CLI = [process.execPath, '--conditions=@marco-ts/source', join(REPOSITORY, 'apps/pipeline/src/cli.ts')];
let directory: string;
let plan: string;

function marco(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [program, ...first] = CLI;
  const { status, stdout, stderr } = spawnSync(program!, [...first, 'data', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    cwd: directory,
  });
  return { code: status, stdout, stderr };
}

const sentences = (seed: number, count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `The ${['river', 'house', 'road', 'market'][(seed + i) % 4]} of village ${'abcdefghij'[(seed * 7 + i * 3) % 10]}${'klmnop'[(seed + i) % 6]} that we have seen is ${['old', 'new', 'wide'][(seed + 2 * i) % 3]} and the people of it are with us.`,
  ).join(' ');

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'data-commands-'));
  await mkdir(join(directory, 'in'));
  for (let file = 0; file < 4; file++) {
    const rows = Array.from({ length: 12 }, (_, i) => ({
      id: `${file}/${i}`,
      text: i === 5 ? 'too short' : i === 7 ? sentences(file, 9) : sentences(file * 12 + i, 9),
      language: i % 2 === 0 ? 'eng_Latn' : 'fra_Latn',
    }));
    const lines = [...rows.map((row) => JSON.stringify(row)), '{ damaged'];
    await writeFile(join(directory, 'in', `${file}.jsonl`), `${lines.join('\n')}\n`);
  }
  plan = join(directory, 'plan.yaml');
  await writeFile(
    plan,
    `name: small
inputs:
  - path: in
output: out
worldSize: 3
keepDropped: true
thresholds: { default: { gopherQuality: { minWords: 20, stopWords: [the, of] } } }
steps:
  - normalize
  - gopherQuality
  - { step: dedup, by: minhash }
  - step: write
    path: clean/\${language}/\${rank}.jsonl
slurm:
  time: 5
`,
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('a plan', () => {
  test('is checked: every problem at once with its place', async () => {
    const bad = join(directory, 'bad.yaml');
    await writeFile(
      bad,
      'name: bad\ninputs: [{ path: in, langauge: eng }]\noutput: o\nsteps: [normalise, { step: dedup, by: lines }]\n',
    );
    const { code, stderr } = marco(['run', bad]);
    expect(code).toBe(2);
    expect(stderr).toContain('bad.yaml:2:22: inputs[0].langauge: unknown key "langauge"; valid keys: path, format');
    expect(stderr).toMatch(
      /bad\.yaml:4:9: steps\[0\]\.step: expected one of .*got "normalise"; did you mean "normalize"\?/,
    );
    expect(stderr).toContain('steps[1].by');
  });

  test('is shown before anything is written', () => {
    const { code, stdout } = marco(['run', plan, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/in +4 +\d.* jsonl/);
    expect(stdout).toMatch(/1-documents +4 +3 +0 +normalize, gopherQuality, keys \(minhash\)/);
    expect(stdout).toMatch(/4-documents +later +3 +0 +without duplicates \(minhash\), write clean\//);
    expect(existsSync(join(directory, 'out'))).toBe(false);
  });

  test('runs here, says what it did, and has nothing to do the second time', async () => {
    const first = marco(['run', plan, '--json']);
    expect(first.stderr).toContain('4-documents: 4 units');
    expect(first.code).toBe(0);
    const { read, kept, dropped } = JSON.parse(first.stdout);
    expect([read, kept + dropped]).toEqual([48, 48]);
    const hash = await hashRun(join(directory, 'out'));
    expect(marco(['run', plan]).code).toBe(0);
    expect(await hashRun(join(directory, 'out'))).toBe(hash);
    expect(await readdir(join(directory, 'out', 'clean'))).toEqual(['eng_Latn', 'fra_Latn']);
  });

  test('status, stats and inspect tell what there is', () => {
    const status = JSON.parse(marco(['status', 'out', '--json']).stdout);
    expect(status.map(({ state }: { state: string }) => state)).toEqual(Array(4).fill('complete'));
    expect(status[0].ranks).toHaveLength(3);
    expect(status[0].ranks[2].logTail.at(-1)).toMatch(/rank 2 of 3: 1 units done, 1 of them before/);
    expect(marco(['status', 'out']).stdout).toMatch(/1-documents +complete +4 of 4 +3 +3/);

    const stats = JSON.parse(marco(['stats', 'out', '--json']).stdout);
    expect(stats.faults).toEqual({ malformed: 4 });
    expect(stats.funnel.droppedByReason.gopher_short_doc).toBe(4);
    expect(stats.funnel.droppedByReason.near_duplicate).toBeGreaterThan(0);
    expect(stats.funnel.languages.fra_Latn.read).toBe(24);
    expect(stats.statistics.eng_Latn.numDocuments).toBe(stats.funnel.languages.eng_Latn.kept);
    expect(marco(['stats', 'out']).stdout).toMatch(/fra_Latn +24/);

    const short = JSON.parse(
      marco(['inspect', 'out', '--reason', 'gopher_short_doc', '--limit', '9', '--json']).stdout,
    );
    expect(short.map(({ document }: { document: { text: string } }) => document.text)).toEqual(
      Array(4).fill('too short'),
    );
    const kept = marco(['inspect', 'out', '--kept', '--language', 'eng_Latn', '--limit', '1']).stdout;
    expect(kept).toMatch(/0\/0 +eng_Latn +kept/);
    expect(marco(['stats', 'nothing']).code).toBe(2);
  });

  test('one rank of one stage, with the state it leaves when it fails', async () => {
    const broken = join(directory, 'broken.yaml');
    await writeFile(
      broken,
      'name: broken\ninputs: [{ path: in }]\noutput: broken\nfaults: stop\nworldSize: 2\nsteps: [write]\n',
    );
    expect(marco(['run', broken]).code).toBe(1);
    const again = marco(['run', 'broken', '--stage', '1-documents', '--rank', '1', '--world-size', '2']);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/must be readable, got malformed .* at .*1\.jsonl:13 \(byte \d+\)/);
    const { code, stdout } = marco(['status', 'broken']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/1-documents rank 1: failed: .*malformed/);
    expect(existsSync(join(directory, 'broken', 'documents'))).toBe(false);
    expect(await readdir(join(directory, 'broken', 'stages', '1-documents', 'units'))).toEqual([]);
    expect(marco(['run', 'broken', '--stage', '9-x', '--rank', '0']).stderr).toContain(
      '--stage must be one of 1-documents',
    );
  });

  test('of translation pairs: a funnel by pair, dropped pairs with their reason, and kept ones', async () => {
    const pairs = join(directory, 'pairs.tsv');
    await writeFile(pairs, 'The house is old.\tNyumba ni ya zamani.\nIt was in 1990.\tIlikuwa mwaka wa 2011.\n');
    const parallel = join(directory, 'parallel.yaml');
    await writeFile(
      parallel,
      `name: parallel
inputs: [{ path: pairs.tsv, sourceLanguage: eng_Latn, targetLanguage: swh_Latn }]
output: parallel
keepDropped: true
steps: [parallel, { step: write, path: 'pairs/\${rank}.jsonl' }, render, write]
`,
    );
    expect(marco(['run', parallel]).code).toBe(0);
    expect(marco(['stats', 'parallel']).stdout).toMatch(/eng_Latn-swh_Latn +2 +1 +1/);
    const { stdout } = marco(['inspect', 'parallel', '--stage', '1-documents']);
    expect(stdout).toMatch(/pairs\.tsv:2 +eng_Latn-swh_Latn +dropped: numeral_mismatch \(parallel, 1-documents\)/);
    expect(stdout).toMatch(/pairs\.tsv:1 +eng_Latn-swh_Latn +kept\s+The house is old\.\s+Nyumba ni ya zamani\./);
  });

  test('of the examples fits the schema', async () => {
    const folder = join(REPOSITORY, 'examples/data-plans');
    const names = await readdir(folder);
    expect(names).toEqual(['parallel.yaml', 'web.yaml']);
    for (const name of names) expect(await loadDataPlan(join(folder, name))).toHaveProperty('steps');
  });

  test('as Kubernetes manifests and the script that applies them in turn', async () => {
    const { code, stdout } = marco(['run', plan, '--output', 'pods', '--executor', 'kubernetes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).manifests).toHaveLength(4);
    expect(await readdir(join(directory, 'pods', 'kubernetes'))).toContain('1-documents.yaml');
  });
});

const missing = missingForSlurm();
if (missing !== undefined) console.warn(`skipped: Slurm (${missing})`);

describe.skipIf(missing !== undefined)('Slurm', () => {
  let cluster: SlurmCluster;
  beforeAll(async () => {
    cluster = await startSlurmCluster(directory);
  }, 60_000);
  afterAll(() => cluster.stop());
  const slurm = (program: string, ...args: string[]): string =>
    spawnSync(program, args, { encoding: 'utf8', env: cluster.env }).stdout.trim();

  test('job arrays run the plan, requeued while they run; the output is that of the local run', async () => {
    const { code, stdout, stderr } = marco(
      ['run', plan, '--output', 'cluster', '--executor', 'slurm', '--submit', '--json'],
      cluster.env,
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { jobs } = JSON.parse(stdout) as { jobs: { stage: string; jobId: string }[] };
    expect(jobs.map(({ stage }) => stage)).toEqual(['1-documents', '2-pairs', '3-clusters', '4-documents']);
    // A later stage waits for the one before it.
    expect(slurm('squeue', '--noheader', '--format=%E', `--jobs=${jobs[1]!.jobId}`)).toContain(
      `afterok:${jobs[0]!.jobId}`,
    );
    for (let attempt = 0; attempt < 100; attempt++) {
      if (slurm('squeue', '--noheader', '--states=RUNNING', `--jobs=${jobs[0]!.jobId}`) !== '') break;
      await setTimeout(100);
    }
    slurm('scontrol', 'requeue', `${jobs[0]!.jobId}_0`);
    // Slurm lets a requeued job wait two minutes, should its node be ill.
    const startNow = () => slurm('scontrol', 'update', `JobId=${jobs[0]!.jobId}_0`, 'StartTime=now');
    while (slurm('squeue', '--noheader') !== '') {
      startNow();
      await setTimeout(250);
    }
    const status = marco(['status', 'cluster']);
    expect(status.stdout).toMatch(/4-documents +complete +4 of 4 +3 +3/);
    expect(status.code).toBe(0);
    expect(await hashRun(join(directory, 'cluster'))).toBe(await hashRun(join(directory, 'out')));
    // Submitted again: every rank is complete, so there is nothing to submit.
    const again = marco(['run', plan, '--output', 'cluster', '--executor', 'slurm', '--submit', '--json'], cluster.env);
    expect(JSON.parse(again.stdout)).toEqual({ jobs: [] });
  }, 180_000);
});
