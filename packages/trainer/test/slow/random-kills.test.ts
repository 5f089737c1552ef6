/**
 * Two hundred SIGKILLs at random moments of one run, many of them in the middle of a checkpoint: it ends in the very bits of a run that
 * nobody disturbed. And a disk that fills up on the way.
 *
 * The run is bundled into one file first, which node compiles once: most of the time goes into starting two hundred processes. The next
 * one starts while one runs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@marco-ts/core';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const KILLS = 200;
const LONGEST_LIFE_MS = 300;
const STEPS = 6000;
/** Flushing to a real disk 200 times tells nothing more here: a killed process loses nothing that it has written. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(ROOT, 'marco-random-kills-'));
  await build({
    entryPoints: [
      join(import.meta.dirname, 'train-until-killed.ts'),
      // The store starts it from beside itself.
      join(import.meta.dirname, '../../../checkpoint/src/store/save-thread.ts'),
    ],
    outdir: join(root, 'run'),
    entryNames: '[name]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    conditions: ['@marco-ts/source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  await writeFile(join(root, 'run', 'package.json'), '{ "type": "module" }');
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface Child {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  output(): string;
  errors(): string;
}

function start(directory: string, every: number, paceMs: number, numSteps = STEPS, where = 'beside'): Child {
  const args = [directory, `${numSteps}`, `${every}`, `${paceMs}`, where];
  const child = spawn(process.execPath, [join(root, 'run', 'train-until-killed.js'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  );
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('ready')) resolve();
    });
    void ended.then(() => reject(new Error(`a run ended before it was ready: ${errors}`)));
  });
  ready.catch(() => {});
  return { process: child, ready, ended, output: () => output, errors: () => errors };
}

async function finish(child: Child): Promise<string> {
  await child.ready;
  child.process.stdin!.end('go\n');
  const { code } = await child.ended;
  const hash = /^hash (\w+)$/m.exec(child.output())?.[1];
  if (code !== 0 || hash === undefined) throw new Error(`a run failed: ${child.errors()}`);
  return hash;
}

test(`${KILLS} random kills end in the hash of an undisturbed run`, async () => {
  const undisturbed = await finish(start(join(root, 'undisturbed'), STEPS, 0));
  const directory = join(root, 'killed');
  await mkdir(directory);
  const random = createRandom('kills');
  // Every other life writes its checkpoints in a thread.
  const startLife = (kill: number) => start(directory, 4, 5, STEPS, kill % 2 === 0 ? 'thread' : 'beside');
  let next = startLife(0);
  let duringWrite = 0;
  const resumedFrom = new Set<number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const child = next;
    await child.ready;
    next = startLife(kill + 1);
    child.process.stdin!.write('go\n');
    await sleep(random.uniform() * LONGEST_LIFE_MS);
    child.process.kill('SIGKILL');
    const { signal } = await child.ended;
    if (signal !== 'SIGKILL')
      throw new Error(`kill ${kill}: the run ended by itself: ${child.output()}${child.errors()}`);
    const begun = /started (\d+)/.exec(child.output());
    if (begun !== null) resumedFrom.add(Number(begun[1]));
    if ((await readdir(directory)).some((name) => name.startsWith('.'))) duringWrite++;
  }
  await next.ready;
  next.process.kill('SIGKILL');
  await next.ended;
  const hash = await finish(start(directory, STEPS, 0));
  process.stdout.write(
    `${KILLS} kills, ${duringWrite} of them while a checkpoint was written; the run went on from ${resumedFrom.size} different steps, the last ${Math.max(...resumedFrom)}\n`,
  );
  expect(hash).toBe(undisturbed);
  // Otherwise the kills never met a write, or the run never got on, and the test showed nothing.
  expect(duringWrite).toBeGreaterThan(KILLS / 20);
  expect(resumedFrom.size).toBeGreaterThan(KILLS / 10);
});

test('a disk that fills up stops the run with its reason; with space again it ends as an undisturbed one', async (context) => {
  const directory = join(root, 'small');
  await mkdir(directory);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    context.skip('mounting a small file system takes root');
  }
  try {
    const filler = join(directory, 'filler');
    const undisturbed = await finish(start(join(root, 'small-undisturbed'), 40, 0, 40));
    const child = start(join(directory, 'checkpoints'), 4, 10, 40);
    await child.ready;
    child.process.stdin!.end('go\n');
    // Fill what is left once the first checkpoint is there.
    while (!existsSync(join(directory, 'checkpoints', 'step-000000004'))) await sleep(5);
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k'], { stdio: 'ignore' });
    } catch {
      // dd ends with an error when the disk is full, which is the point
    }
    expect((await child.ended).code).toBe(1);
    expect(child.errors()).toMatch(/\[@marco-ts\/checkpoint\] \w+: cannot write.*(ENOSPC|no space|disk is full)/i);
    await rm(filler);
    const again = start(join(directory, 'checkpoints'), 4, 0, 40);
    expect(await finish(again)).toBe(undisturbed);
    expect(Number(/started (\d+)/.exec(again.output())![1])).toBeGreaterThanOrEqual(4);
  } finally {
    execFileSync('umount', [directory], { stdio: 'ignore' });
  }
});
