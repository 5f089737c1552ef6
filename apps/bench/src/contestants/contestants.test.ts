import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createField } from './field.ts';
import { findPython } from './find-python.ts';
import { type ContestantProcess, startProcess } from './start-process.ts';
import { startPythonPeer, threadVariables } from './start-program.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-contestants-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that runs this code as its program. */
const start = (code: string, env: Record<string, string | undefined> = {}) =>
  startProcess({ name: 'peer', command: process.execPath, args: ['--input-type=module', '-e', code], env });

const ECHO = `
  import { createInterface } from 'node:readline';
  console.log(JSON.stringify({ ready: { version: '1', asked: process.env.BENCH_TEST_VARIABLE ?? 'nothing' } }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { value } = JSON.parse(line);
    if (value === 'exit') process.exit(3);
    console.log(value === 'garbage' ? 'no JSON' : JSON.stringify(value === 'bad' ? { error: 'bad value' } : { value }));
  }
`;

async function startEcho(env?: Record<string, string | undefined>): Promise<ContestantProcess> {
  const started = await start(ECHO, env);
  if ('absent' in started) throw new Error(started.absent);
  return started.process;
}

test('a process answers request by request, and its environment is what was asked', async () => {
  process.env.BENCH_TEST_VARIABLE = 'inherited';
  try {
    const [inheriting, without] = [await startEcho(), await startEcho({ BENCH_TEST_VARIABLE: undefined })];
    expect(inheriting.facts).toEqual({ version: '1', asked: 'inherited' });
    expect(without.facts).toEqual({ version: '1', asked: 'nothing' });
    expect(await inheriting.ask({ value: 1 })).toEqual({ value: 1 });
    expect(await inheriting.ask({ value: [2] })).toEqual({ value: [2] });
    await Promise.all([inheriting.close(), without.close()]);
  } finally {
    delete process.env.BENCH_TEST_VARIABLE;
  }
});

test('a failed request and a process that ends are errors that name the peer and the request', async () => {
  const contestant = await startEcho();
  await expect(contestant.ask({ value: 'bad' })).rejects.toThrow(/peer failed at \{"value":"bad"\}: bad value/);
  await expect(contestant.ask({ value: 'garbage' })).rejects.toThrow(/one JSON object a line, got no JSON/);
  await expect(contestant.ask({ value: 'exit' })).rejects.toThrow(/peer failed at .*it ended with exit code 3/);
  await contestant.close();
});

test('a process that says so, cannot be found or ends at once is absent with the reason', async () => {
  expect(await start(`console.log('{"absent": "no numpy"}')`)).toEqual({ absent: 'no numpy' });
  expect(await start('process.exit(7)')).toEqual({ absent: 'could not be started: it ended with exit code 7' });
  const missing = await startProcess({ name: 'peer', command: join(folder, 'nowhere'), args: [] });
  expect(missing).toEqual({ absent: expect.stringMatching(/could not be started: .*ENOENT/) });
});

test('without a Python its peers are absent, and the field says so', async () => {
  const python = findPython(join(folder, 'nowhere'));
  expect(python).toEqual({ path: null, reason: expect.stringMatching(/nowhere; run tools\/peers\/setup/) });
  const said: string[] = [];
  const notes: string[] = [];
  await using field = createField({
    absent: (name, reason) => said.push(`${name}: ${reason}`),
    note: (text) => notes.push(text),
  });
  expect(await field.enter('torch', startPythonPeer({ python }, 'torch', 'gemm.py', ['torch', '1']))).toBeNull();
  expect(await field.enter('ours', start(ECHO), 'ours, 1 thread')).not.toBeNull();
  expect(said).toEqual([expect.stringMatching(/^torch: there is no .*nowhere/)]);
  expect([...field.present.keys()]).toEqual(['ours, 1 thread']);
  expect(notes).toEqual(['ours, 1 thread: version 1, asked nothing']);
});

test('a Python may be named itself or by its virtual environment', async () => {
  await mkdir(join(folder, 'venv', 'bin'), { recursive: true });
  const executable = join(folder, 'venv', 'bin', 'python');
  await writeFile(executable, '#!/bin/sh\necho \'{"absent": "no torch here"}\'\n');
  await chmod(executable, 0o755);
  expect(findPython(join(folder, 'venv'))).toEqual({ path: executable });
  expect(findPython(executable)).toEqual({ path: executable });
  expect(findPython(folder)).toEqual({ path: null, reason: expect.stringMatching(/is no virtual environment/) });
  const started = await startPythonPeer(
    { python: findPython(executable) },
    'torch',
    'ops.py',
    ['1'],
    threadVariables(1),
  );
  expect(started).toEqual({ absent: 'no torch here' });
});
