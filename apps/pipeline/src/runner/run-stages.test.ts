import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TOY_RECIPE, type ToyRecipe, toyStages } from '../../test/fixtures/toy-stages.ts';
import { BadInputError, EXIT_CODES, exitCodeOf, InterruptedError, StageFailedError } from '../errors.ts';
import { planRun } from './plan-run.ts';
import { runStages } from './run-stages.ts';
import type { Stage } from './stage.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'marco-run-'));
  directory = join(parent, 'toy');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

async function run(
  changes: Partial<ToyRecipe> = {},
  stages?: Stage<ToyRecipe>[],
  codeVersion = '1',
  verify?: 'inputs' | 'all',
  discardUnfinished?: boolean,
) {
  const calls: string[] = [];
  const logs: string[] = [];
  const outcome = await runStages({
    stages: stages ?? toyStages(calls),
    ...(verify && { verify }),
    ...(discardUnfinished && { discardUnfinished }),
    recipe: { ...TOY_RECIPE, ...changes },
    source: 'toy',
    directory,
    codeVersion,
    observer: { onLog: (message) => logs.push(message) },
  });
  return { calls, logs, outcome };
}

const contents = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/manifest\.json$|run\.log$|recipe\.json$/.test(path))
      .map((path) => [path.slice(root.length), readFileSync(path, 'utf8')]),
  );

describe('skipping and rerunning', () => {
  test('a first run runs every stage and leaves final directories with manifests only', async () => {
    const { calls, outcome } = await run();
    expect(calls).toEqual(['numbers', 'squares from 0', 'sum']);
    expect(outcome.ran).toEqual(['numbers', 'squares', 'sum']);
    expect(readdirSync(directory).sort()).toEqual(['01-numbers', '02-squares', '03-sum', 'recipe.json', 'run.log']);
    expect(readdirSync(join(directory, '02-squares')).sort()).toEqual(['manifest.json', 'squares.json']);
    const manifest = outcome.stages[2]!.manifest;
    expect(manifest.config).toEqual({ offset: 1 });
    expect(manifest.inputs.squares).toBe(outcome.stages[1]!.manifest.hash);
    expect(manifest.notes?.peakRssBytes).toBeGreaterThan(1e6);
  });

  test('a second run does nothing', async () => {
    await run();
    const before = contents(directory);
    const { calls, outcome } = await run();
    expect(calls).toEqual([]);
    expect(outcome.ran).toEqual([]);
    expect(outcome.stages).toHaveLength(3);
    expect(contents(directory)).toEqual(before);
  });

  test('a changed config reruns that stage and what follows, and says which field changed', async () => {
    await run();
    const { calls, logs } = await run({ factor: 4 });
    expect(calls).toEqual(['squares from 0', 'sum']);
    expect(logs).toContain('stage squares: config changed: factor 3 -> 4; nested.list[1] 3 -> 4');
    expect(logs).toContain('stage sum: its input changed: squares');
    expect((await run({ factor: 4, offset: 2 })).calls).toEqual(['sum']);
  });

  test('a raised stage version and another code version rerun', async () => {
    await run();
    const raised = toyStages();
    raised[2] = { ...raised[2]!, version: 2 };
    expect((await run({}, raised)).logs).toContain('stage sum: the version of sum changed: 1 -> 2');
    expect((await run({}, undefined, '2')).calls).toEqual(['numbers', 'squares from 0', 'sum']);
  });

  test('fields a stage does not name change nothing', async () => {
    await run();
    expect((await run({ delayMs: 1 })).calls).toEqual([]);
  });

  test('a directory without manifest is never taken as done', async () => {
    await run();
    rmSync(join(directory, '01-numbers', 'manifest.json'));
    const { calls, logs } = await run();
    expect(calls).toEqual(['numbers']);
    expect(logs).toContain('stage numbers: its directory has no manifest that can be read: it is not finished');
  });

  test('a changed bit makes its stage run again before another builds on it, or when all are verified', async () => {
    await run();
    const whole = contents(directory);
    const path = join(directory, '01-numbers', 'numbers.json');
    const flipBit = (): void => {
      const bytes = readFileSync(path);
      bytes[1]! ^= 1;
      writeFileSync(path, bytes);
    };
    flipBit();
    expect((await run({ offset: 2 })).calls).toEqual(['sum']);
    const { calls, logs } = await run({ factor: 4, offset: 2 });
    expect(calls).toEqual(['numbers', 'squares from 0', 'sum']);
    expect(logs[0]).toMatch(
      /^stage numbers: its file numbers\.json is damaged: checksum \w{8} where \w{8} was written$/,
    );
    flipBit();
    expect((await run({ factor: 4, offset: 2 })).calls).toEqual([]);
    expect((await run({ factor: 4, offset: 2 }, undefined, '1', 'all')).calls).toEqual(['numbers']);
    expect(contents(directory)).not.toEqual(whole);
    await run();
    expect(contents(directory)).toEqual(whole);
  });

  test('files that are gone or cut off make their stage run again, and nothing after it', async () => {
    await run();
    const whole = contents(directory);
    const squares = join(directory, '02-squares');
    rmSync(join(squares, 'squares.json'));
    const gone = await run();
    expect(gone.calls).toEqual(['squares from 0']);
    expect(gone.logs).toContain('stage squares: its file squares.json is gone');
    writeFileSync(join(squares, 'squares.json'), '[');
    const cut = await run();
    expect(cut.calls).toEqual(['squares from 0']);
    expect(cut.logs[0]).toMatch(/^stage squares: its file squares\.json is damaged: 1 bytes where \d+ were written$/);
    writeFileSync(join(squares, 'manifest.json'), '{"stage":');
    expect((await run()).calls).toEqual(['squares from 0']);
    expect(contents(directory)).toEqual(whole);
    expect((await run()).calls).toEqual([]);
  });

  test('the plan says the same without writing', async () => {
    const plan = () => planRun({ stages: toyStages(), recipe: TOY_RECIPE, directory, codeVersion: '1' });
    expect((await plan()).map((entry) => entry.status)).toEqual(['run', 'run', 'run']);
    expect(existsSync(directory)).toBe(false);
    await run();
    expect((await plan()).map((entry) => entry.status)).toEqual(['up-to-date', 'up-to-date', 'up-to-date']);
  });

  test('stages that share a name or come before their input are refused', async () => {
    const [numbers, squares] = toyStages();
    await expect(run({}, [numbers!, numbers!])).rejects.toThrow('stage names must differ, got numbers twice');
    await expect(run({}, [squares!, numbers!])).rejects.toThrow('got numbers as input of squares');
  });
});

describe('another set of stages', () => {
  const extra: Stage<ToyRecipe> = { name: 'extra', dependsOn: [], config: () => ({}), run: async () => ({ one: 1 }) };

  test('a stage put in between renumbers those after it without running them again', async () => {
    await run();
    const [numbers, squares, sum] = toyStages();
    const { outcome, logs } = await run({}, [numbers!, extra, squares!, sum!]);
    expect(outcome.ran).toEqual(['extra']);
    expect(logs).toContain('02-squares is now 03-squares');
    expect(readdirSync(directory).filter((entry) => /^\d/.test(entry))).toEqual([
      '01-numbers',
      '02-extra',
      '03-squares',
      '04-sum',
    ]);
  });

  test('a stage taken away is left as it is, and the plan of the rest still holds', async () => {
    const [numbers, squares, sum] = toyStages();
    await run({}, [extra, numbers!, squares!, sum!]);
    const plan = await planRun({ stages: toyStages(), recipe: TOY_RECIPE, directory, codeVersion: '1' });
    expect(plan.map((entry) => entry.status)).toEqual(['up-to-date', 'up-to-date', 'up-to-date']);
    const { outcome, logs } = await run();
    expect(outcome.ran).toEqual([]);
    expect(logs).toContain('01-extra belongs to no stage of this recipe; it is left as it is');
    expect(existsSync(join(directory, '01-extra'))).toBe(true);
  });
});

describe('failures', () => {
  const failing = (error: Error, resumable: boolean): Stage<ToyRecipe>[] => {
    const stages = toyStages();
    const { resumesFrom: _, ...squares } = stages[1]!;
    stages[1] = {
      ...squares,
      ...(resumable && { resumesFrom: 'half.txt' }),
      async run({ directory }) {
        writeFileSync(join(directory, 'half.txt'), 'half');
        throw error;
      },
    };
    return stages;
  };

  test('what a failed stage wrote goes away, finished stages stay, the message names the stage', async () => {
    const failure = run({}, failing(new Error('[@marco-ts/data] readUdhr: no pages'), false));
    await expect(failure).rejects.toThrow(StageFailedError);
    await expect(failure).rejects.toThrow('stage squares failed: [@marco-ts/data] readUdhr: no pages');
    expect(exitCodeOf(await failure.catch((error: unknown) => error))).toBe(EXIT_CODES.failed);
    expect(readdirSync(directory).sort()).toEqual(['01-numbers', 'recipe.json', 'run.log']);
    expect((await run()).calls).toEqual(['squares from 0', 'sum']);
  });

  test('a resumable stage keeps its directory when it fails', async () => {
    await expect(run({}, failing(new Error('no'), true))).rejects.toThrow(StageFailedError);
    expect(existsSync(join(directory, '02-squares.partial', 'half.txt'))).toBe(true);
    expect(existsSync(join(directory, '02-squares'))).toBe(false);
    expect((await run()).outcome.ran).toEqual(['squares', 'sum']);
  });

  describe('what a half-done stage has saved', () => {
    const half = () => join(directory, '02-squares.partial', 'half.txt');
    const fail = (changes: Partial<ToyRecipe> = {}, codeVersion?: string) =>
      run(changes, failing(new Error('no'), true), codeVersion);

    test('is not deleted unasked: the error names the fields, the place and the ways out, and nothing changes', async () => {
      await expect(fail()).rejects.toThrow(StageFailedError);
      const before = contents(directory);
      const record = readFileSync(join(directory, 'recipe.json'), 'utf8');
      const refused = fail({ factor: 9 });
      await expect(refused).rejects.toThrow(BadInputError);
      await expect(refused).rejects.toThrow(
        `squares half done and what it began from changed (begins anew, what is unfinished cannot go on: config changed: factor 3 -> 9; nested.list[1] 3 -> 9) at ${half()}`,
      );
      await expect(refused).rejects.toThrow(/Take the change back.*another run directory.*--discard-unfinished/);
      expect(contents(directory)).toEqual(before);
      expect(readFileSync(join(directory, 'recipe.json'), 'utf8')).toBe(record);
      // The change taken back, it goes on.
      await expect(fail()).rejects.toThrow(StageFailedError);
      expect(readFileSync(join(directory, 'run.log'), 'utf8')).toMatch(/stage squares: goes on where it stopped/);
    });

    test('is refused when the cause is an earlier stage or another version, which is named', async () => {
      await expect(fail()).rejects.toThrow(StageFailedError);
      await expect(fail({ count: 6 })).rejects.toThrow(
        'its input changed: numbers; numbers: config changed: count 5 -> 6',
      );
      await expect(fail({}, '2')).rejects.toThrow('the version of marco-ts changed: 1 -> 2');
      expect(existsSync(half())).toBe(true);
      const [squares] = (
        await planRun({
          stages: failing(new Error('no'), true),
          recipe: { ...TOY_RECIPE, count: 6 },
          directory,
          codeVersion: '1',
        })
      ).slice(1);
      expect(squares).toMatchObject({ status: 'run', wouldDelete: join('02-squares.partial', 'half.txt') });
    });

    test('is deleted when that is asked for, and the log says so', async () => {
      await expect(fail()).rejects.toThrow(StageFailedError);
      const [numbers, squares, sum] = toyStages();
      const stages = [numbers!, { ...squares!, resumesFrom: 'half.txt' }, sum!];
      await expect(run({ factor: 8 }, stages)).rejects.toThrow(BadInputError);
      const { outcome, logs } = await run({ factor: 8 }, stages, '1', undefined, true);
      expect(outcome.ran).toEqual(['squares', 'sum']);
      expect(logs).toContain(`stage squares: deletes ${join('02-squares.partial', 'half.txt')}, as it was asked to`);
      expect(existsSync(join(directory, '02-squares', 'half.txt'))).toBe(false);
    });

    test('a finished stage that is found damaged does not take another attempt with it either', async () => {
      await run();
      await expect(fail({ factor: 9 })).rejects.toThrow(StageFailedError);
      writeFileSync(join(directory, '02-squares', 'squares.json'), '[');
      await expect(run({}, failing(new Error('no'), true))).rejects.toThrow(
        /factor 9 -> 3.* at \S+half\.txt\. Nothing was changed/,
      );
      expect(existsSync(half())).toBe(true);
    });

    test('nothing saved, nothing to refuse: a stage that failed at its start begins anew with the mended recipe', async () => {
      const stages = failing(new BadInputError('too long'), true);
      stages[1] = { ...stages[1]!, resumesFrom: 'checkpoints' };
      await expect(run({}, stages)).rejects.toThrow(StageFailedError);
      expect(existsSync(half())).toBe(true);
      const { outcome, logs } = await run({ factor: 9 });
      expect(outcome.ran).toEqual(['squares', 'sum']);
      expect(logs.join('\n')).toMatch(/cannot go on: config changed: factor 3 -> 9/);
    });
  });

  test('bad input found by a stage ends with the code for bad input', async () => {
    const error = await run({}, failing(new BadInputError('empty'), false)).catch((thrown: unknown) => thrown);
    expect(exitCodeOf(error)).toBe(EXIT_CODES.badInput);
  });

  test('a full disk and missing rights are told in words', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    await expect(run({}, failing(full, false))).rejects.toThrow(/the disk must have room.*B free.*same command again/);
    const denied = Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/somewhere/locked' });
    await expect(run({}, failing(denied, false))).rejects.toThrow(
      /got EACCES at \/somewhere\/locked. Change the rights/,
    );
    // What Linux answers where a parent directory cannot be made either, as on a read-only disk.
    const unmade = Object.assign(new Error('ENOENT'), { code: 'ENOENT', syscall: 'mkdir', path: '/cdrom/runs' });
    await expect(run({}, failing(unmade, false))).rejects.toThrow(/got ENOENT at \/cdrom\/runs\. Is its disk there/);
  });

  test('a run directory under a file is refused', async () => {
    writeFileSync(directory, 'a file');
    await expect(run()).rejects.toThrow(BadInputError);
    directory = join(directory, 'below');
    await expect(run()).rejects.toThrow(BadInputError);
  });
});

describe('whose directory it is', () => {
  test('a run of another recipe is refused and nothing is overwritten', async () => {
    await run();
    const before = contents(parent);
    const failure = run({ name: 'other', factor: 99 });
    await expect(failure).rejects.toThrow(BadInputError);
    await expect(failure).rejects.toThrow('got a run of "toy" where "other" should go');
    expect(contents(parent)).toEqual(before);
    expect((await run()).calls).toEqual([]);
  });

  test('a directory of something else is refused and left as it is', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'thesis.txt'), 'mine');
    await expect(run()).rejects.toThrow('got 1 other entries (thesis.txt) and no recipe.json');
    expect(readdirSync(directory)).toEqual(['thesis.txt']);
  });

  test.skipIf(process.platform !== 'linux')(
    'a lock of a killed process that nobody has waited for is taken over',
    async () => {
      await run();
      // The shell becomes a `sleep` that never asks for its child, which therefore stays a zombie.
      const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
        const pid = Number(String(chunk));
        const stateOf = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.charAt(0);
        while (stateOf() !== 'Z') await new Promise((done) => setTimeout(done, 5));
        const holder = { host: hostname(), processStart: null, token: 't', since: '2024-12-04T00:00:00Z' };
        writeFileSync(join(directory, 'run.lock'), JSON.stringify({ ...holder, pid }));
        expect((await run()).logs[0]).toBe(`took over the lock of process ${pid}, which no longer runs`);
      } finally {
        parent.kill();
      }
    },
  );

  test('a lock of a running process is respected, of a dead one taken over', async () => {
    mkdirSync(directory);
    const lock = join(directory, 'run.lock');
    const holder = { host: hostname(), processStart: null, token: 't', since: '2024-12-04T00:00:00Z' };
    writeFileSync(lock, JSON.stringify({ ...holder, pid: process.ppid }));
    await expect(run()).rejects.toThrow(`got process ${process.ppid} at work`);
    writeFileSync(lock, JSON.stringify({ ...holder, pid: process.ppid, host: 'elsewhere' }));
    await expect(run()).rejects.toThrow('on host elsewhere');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(lock, JSON.stringify({ ...holder, pid: child.pid }));
    expect((await run()).logs[0]).toBe(`took over the lock of process ${child.pid}, which no longer runs`);
    expect(existsSync(lock)).toBe(false);
    // The id of a running process that began at another moment than the holder: the id was used again.
    writeFileSync(lock, JSON.stringify({ ...holder, pid: process.ppid, processStart: '1' }));
    if (existsSync('/proc/self/stat')) await run();
    writeFileSync(lock, '{broken');
    await run();
  });
});

describe('stopping', () => {
  const start = (changes: Partial<ToyRecipe>): { child: ChildProcess; output: () => string } => {
    const script = resolve(import.meta.dirname, '../../test/fixtures/toy-run.ts');
    const child = spawn(process.execPath, [
      '--conditions=@marco-ts/source',
      script,
      directory,
      JSON.stringify(changes),
    ]);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    return { child, output: () => output };
  };
  const waitFor = async (output: () => string, text: string, child: ChildProcess): Promise<void> => {
    while (!output().includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended before "${text}": ${output()}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  };

  test.each([
    ['SIGINT', EXIT_CODES.SIGINT],
    ['SIGTERM', EXIT_CODES.SIGTERM],
  ] as const)('%s saves, ends with its own code, and the same call goes on to the same result', async (name, code) => {
    const slow = start({ delayMs: 20, count: 12 });
    await waitFor(slow.output, 'square 2', slow.child);
    slow.child.kill(name);
    const [exitCode] = (await once(slow.child, 'close')) as [number];
    expect(exitCode, slow.output()).toBe(code);
    expect(existsSync(join(directory, '02-squares'))).toBe(false);
    expect(existsSync(join(directory, 'run.lock'))).toBe(false);

    const resumed = await run({ count: 12 });
    expect(resumed.calls[0]).toMatch(/^squares from ([2-9]|1[01])$/);
    const interrupted = contents(directory);
    rmSync(directory, { recursive: true });
    await run({ count: 12 });
    expect(contents(directory)).toEqual(interrupted);
  });

  test('a second Ctrl-C ends at once', async () => {
    const slow = start({ delayMs: 600_000 });
    await waitFor(slow.output, 'stage squares', slow.child);
    const closed = once(slow.child, 'close');
    // Two at one moment are one key press, as of a terminal and of a parent that passes it on.
    slow.child.kill('SIGINT');
    await waitFor(slow.output, 'stopping', slow.child);
    slow.child.kill('SIGINT');
    const again = setInterval(() => slow.child.kill('SIGINT'), 150);
    expect(await closed).toEqual([EXIT_CODES.SIGINT, null]);
    clearInterval(again);
    expect(existsSync(join(directory, '02-squares'))).toBe(false);
    expect((await run()).calls[0]).toBe('squares from 0');
  });

  test('killed without warning, the next run goes on', async () => {
    const slow = start({ delayMs: 20, count: 12 });
    await waitFor(slow.output, 'square 3', slow.child);
    slow.child.kill('SIGKILL');
    await once(slow.child, 'close');
    const { calls, logs } = await run({ count: 12 });
    expect(logs[0]).toMatch(/^took over the lock/);
    expect(calls[0]).toMatch(/^squares from ([3-9]|1[01])$/);
  });

  test('a stage that returns after the abort is not taken as done', async () => {
    const controller = new AbortController();
    const stages = toyStages();
    stages[2] = {
      ...stages[2]!,
      async run() {
        controller.abort();
        return { sum: 0 };
      },
    };
    const failure = runStages({
      stages,
      recipe: TOY_RECIPE,
      source: 'toy',
      directory,
      codeVersion: '1',
      signal: controller.signal,
    });
    await expect(failure).rejects.toThrow(InterruptedError);
    expect(existsSync(join(directory, '03-sum'))).toBe(false);
  });

  test('killed between manifest and rename, the finished directory is used', async () => {
    await run();
    const { renameSync } = await import('node:fs');
    renameSync(join(directory, '02-squares'), join(directory, '02-squares.partial'));
    mkdirSync(join(directory, '02-squares.old'));
    expect((await run()).calls).toEqual([]);
    expect(readdirSync(directory).sort()).toEqual(['01-numbers', '02-squares', '03-sum', 'recipe.json', 'run.log']);
  });
});
