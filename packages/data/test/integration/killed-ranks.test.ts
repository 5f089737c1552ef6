/**
 * The fault test: ranks are killed at random moments and started again, in worlds of several sizes; the output is that of an undisturbed run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { trainTokenizer } from '@marco-ts/tokenizer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkDataPlan } from '../../src/plan/check-data-plan.ts';
import type { DataPlan, DataPlanInput } from '../../src/plan/data-plan.ts';
import { openRun, startRun } from '../../src/plan/open-run.ts';
import { createRandomStream } from '../../src/random/create-random-stream.ts';
import { hashRun } from '../../src/world/hash-run.ts';
import { runRank } from '../../src/world/run-rank.ts';
import { isStageComplete } from '../../src/world/run-status.ts';

const PROGRAM = join(import.meta.dirname, 'rank.program.ts');
let directory: string;

function check(plan: DataPlanInput): DataPlan {
  const checked = checkDataPlan(plan);
  if ('problems' in checked) throw new Error(JSON.stringify(checked.problems));
  return checked.plan;
}

const planFor = (output: string, worldSize: number): DataPlan =>
  check({
    name: 'killed',
    inputs: [{ path: join(directory, 'inputs') }],
    output: join(directory, output),
    worldSize,
    keepDropped: true,
    steps: [
      'normalize',
      { step: 'dedup', by: 'line' },
      'characterShares',
      { step: 'dedup', by: 'document' },
      { step: 'dedup', by: 'minhash' },
      'write',
      { step: 'tokenize', tokenizer: join(directory, 'tokenizer') },
    ],
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'killed-ranks-'));
  await mkdir(join(directory, 'inputs'));
  const random = createRandomStream('killed');
  const word = (): string => `w${random.integer(3000).toString(36).replace(/\d/g, 'x')}`;
  const texts: string[][] = [];
  for (let file = 0; file < 11; file++) {
    const rows = Array.from({ length: 60 }, (_, i) => {
      const isCopy = texts.length > 0 && random.next() < 0.4;
      const words = isCopy ? [...texts[random.integer(texts.length)]!] : Array.from({ length: 60 }, word);
      if (isCopy && random.next() < 0.7) words[random.integer(60)] = word();
      texts.push(words);
      const text = `${words.slice(0, 40).join(' ')}.\n${words.slice(40).join(' ')}.${i % 5 === 0 ? '\nAll rights reserved by everybody.' : ''}`;
      return JSON.stringify({ text, language: i % 3 === 0 ? 'swh_Latn' : 'eng_Latn' });
    });
    const contents = `${rows.join('\n')}\n`;
    await writeFile(join(directory, 'inputs', `${file}.jsonl.gz`), gzipSync(contents));
  }
  const tokenizer = trainTokenizer(
    texts.slice(0, 50).map((words) => words.join(' ')),
    { vocabSize: 400 },
  );
  await mkdir(join(directory, 'tokenizer'));
  for (const [name, contents] of Object.entries(tokenizer.files()))
    await writeFile(join(directory, 'tokenizer', name), contents);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** All ranks in this process, one after the other. */
async function runUndisturbed(plan: DataPlan): Promise<string> {
  const { run, stages } = await startRun(plan);
  for (const stage of stages) {
    for (let rank = 0; rank < plan.worldSize; rank++) await runRank({ run, stage, rank, worldSize: plan.worldSize });
  }
  return hashRun(plan.output);
}

/** Ranks as processes; every now and then one of them is killed and started again. */
async function runDisturbed(plan: DataPlan, numKills: number, seed: string): Promise<string> {
  await startRun(plan);
  const random = createRandomStream(seed);
  const children = new Map<number, ChildProcess>();
  let numRunning = plan.worldSize;
  const failures: string[] = [];
  const start = (rank: number): void => {
    const child = spawn(
      process.execPath,
      ['--conditions=@marco-ts/source', PROGRAM, plan.output, `${rank}`, `${plan.worldSize}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr!.on('data', (text) => failures.push(String(text)));
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') start(rank);
      else {
        if (code !== 0) failures.push(`rank ${rank} ended with ${code}`);
        children.delete(rank);
        numRunning--;
      }
    });
    children.set(rank, child);
  };
  for (let rank = 0; rank < plan.worldSize; rank++) start(rank);
  for (let kill = 0; kill < numKills && numRunning > 0; kill++) {
    // Late enough for modules to be loaded and units to be under way.
    await setTimeout(250 + random.integer(250));
    const victims = [...children.values()];
    victims[random.integer(victims.length)]?.kill('SIGKILL');
    done.numKills++;
  }
  while (numRunning > 0) await setTimeout(20);
  expect(failures.filter((text) => !text.includes('Warning'))).toEqual([]);
  return hashRun(plan.output);
}

const done = { numKills: 0 };

test('killed at random and started again, the output is the same for worlds of 1, 3 and 4 ranks', {
  timeout: 300_000,
}, async () => {
  const expected = await runUndisturbed(planFor('undisturbed', 2));
  const { run, stages } = await openRun(join(directory, 'undisturbed'));
  for (const stage of stages) expect(await isStageComplete(run, stage)).toBe(true);
  const shards = await readdir(join(directory, 'undisturbed', 'shards', 'swh_Latn'));
  expect(shards).toHaveLength(11);
  for (const { worldSize, kills } of [
    { worldSize: 1, kills: 6 },
    { worldSize: 3, kills: 14 },
    { worldSize: 4, kills: 16 },
  ]) {
    expect(await runDisturbed(planFor(`world-${worldSize}`, worldSize), kills, `kills-${worldSize}`)).toBe(expected);
  }
  expect(done.numKills).toBeGreaterThanOrEqual(24);
});

test('another plan is refused in the same output, another number of ranks is not', async () => {
  const plan = planFor('undisturbed', 7);
  await expect(startRun({ ...plan, keepDropped: false })).rejects.toThrow(/an output must hold one plan/);
  expect((await startRun(plan)).plan.worldSize).toBe(7);
});
