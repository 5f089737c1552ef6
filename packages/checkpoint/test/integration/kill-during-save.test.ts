/**
 * A process that saves all the time is killed at thirty odd moments: after each, the store holds a whole checkpoint, none older than the last
 * one that was reported as safe.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCheckpointStore } from '@marco-ts/checkpoint';
import { expect, test } from 'vitest';

const KILLS = 30;

/** @returns the last step that the child reported before it was killed */
async function saveUntilKilled(directory: string, delayMs: number): Promise<number> {
  const script = join(import.meta.dirname, 'save-in-a-loop.ts');
  const child = spawn(process.execPath, ['--conditions=@marco-ts/source', script, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), delayMs));
  const signal = await new Promise((resolve) => child.on('close', (_, name) => resolve(name)));
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself: ${errors}`);
  return Number(output.trim().split('\n').at(-1));
}

test('a kill at any point leaves a loadable store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'marco-kill-'));
  let unfinished = 0;
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const reported = await saveUntilKilled(directory, (kill * 7) % 30);
      if ((await readdir(directory)).some((name) => name.startsWith('.'))) unfinished++;
      const loaded = (await createCheckpointStore(directory, { keepLast: 2 }).loadLatest())!;
      expect(loaded.skipped).toEqual([]);
      expect(loaded.step).toBeGreaterThanOrEqual(reported);
      expect(loaded.state).toEqual({ step: loaded.step });
      for (const group of ['params', 'moments']) {
        expect(loaded.groups[group]!.get('x')!.data.every((value) => value === loaded.step)).toBe(true);
      }
    }
    // Otherwise the kills never came in the middle of a save, and the test showed nothing.
    expect(unfinished).toBeGreaterThan(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
