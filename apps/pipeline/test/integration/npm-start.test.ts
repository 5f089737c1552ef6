/** What `npm start` and `npm test` run in: signals reach the script, also one that only npm got. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';

const withNode = join(import.meta.dirname, '../../../../scripts/with-node.mjs');
let directory: string;
let script: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-npm-'));
  script = join(directory, 'script.mjs');
  writeFileSync(
    script,
    `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'])
       process.on(signal, () => { console.log(signal); process.exit(9); });
     console.log('up');
     setTimeout(() => process.exit(1), 20_000);`,
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)(
  '%s is passed on, and the exit code back',
  async (signal) => {
    const child = spawn(process.execPath, [withNode, script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('up');
    const ended = once(child, 'exit');
    child.kill(signal);
    expect((await lines.next()).value).toBe(signal);
    expect(await ended).toEqual([9, null]);
  },
);

test.skipIf(process.platform === 'win32')('the end of the shell that npm started is a SIGTERM', async () => {
  const shell = spawn('sh', ['-c', `"${process.execPath}" "${withNode}" "${script}"; true`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, npm_lifecycle_event: 'start' },
  });
  const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('up');
  shell.kill('SIGTERM');
  expect((await lines.next()).value).toBe('SIGTERM');
});
