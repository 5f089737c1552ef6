/** `marco ui` as a user starts it: a page on this machine's own address, with the stages that its recipe has yet to run, until it is stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plannedStages } from '../../src/commands/ui/planned-stages.ts';
import { tinyCpu } from '../../src/recipes/tiny-cpu.ts';

const cli = join(import.meta.dirname, '../../src/cli.ts');
const client = join(import.meta.dirname, '../../../dashboard/dist/client/app.js');
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'marco-ui-'));
  await mkdir(join(directory, 'tiny'));
  await writeFile(join(directory, 'tiny', 'recipe.json'), JSON.stringify({ name: 'tiny-cpu', recipe: tinyCpu() }));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const start = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['--conditions=@marco-ts/source', cli, 'ui', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

describe.skipIf(!existsSync(client))('marco ui (skipped where the page is not built)', () => {
  test('tells its address, shows the stages to come, and ends when it is stopped', async () => {
    const command = start(directory, '--port', '0', '--json');
    const ended = once(command, 'exit');
    try {
      const [line] = (await once(createInterface({ input: command.stdout! }), 'line')) as [string];
      const { address } = JSON.parse(line) as { address: string };
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await (await fetch(address)).text()).toContain('<div id="app">');
      const run = (await (await fetch(`${address}/api/runs/tiny`)).json()) as {
        stages: { name: string; status: string }[];
      };
      expect(run.stages.map(({ name }) => name)).toEqual(plannedStages(tinyCpu()).map(({ name }) => name));
      expect(new Set(run.stages.map(({ status }) => status))).toEqual(new Set(['waiting']));
      // A page that listens must not keep the command from ending.
      await fetch(`${address}/api/runs/tiny/events`);
    } finally {
      command.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
  });

  test('a taken port is bad input', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const command = start(directory, '--port', String(port));
    let told = '';
    command.stderr!.on('data', (chunk) => (told += String(chunk)));
    expect(await once(command, 'exit')).toEqual([2, null]);
    expect(told).toMatch(/the port must be free to listen at, got EADDRINUSE/);
    taken.close();
  });
});

test('a directory that is not there is bad input', async () => {
  const command = start(join(directory, 'none'));
  let told = '';
  command.stderr!.on('data', (chunk) => (told += String(chunk)));
  expect(await once(command, 'exit')).toEqual([2, null]);
  expect(told).toMatch(/the directory of runs must be there/);
});
