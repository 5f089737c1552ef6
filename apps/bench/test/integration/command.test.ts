import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/repository-root.ts';

const bench = (...args: string[]) =>
  spawnSync(process.execPath, ['--conditions=@marco-ts/source', join(packageRoot(), 'src', 'cli.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, MARCO_PEERS_PYTHON: join(tmpdir(), 'no-such-python') },
  });

test('the command prints the table and writes the JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-command-'));
  try {
    const { status, stdout } = bench('metrics', '--only', 'chrf++', '--rounds', '1', '--output', folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^metrics: median/);
    expect(stdout).toMatch(/sacrebleu: absent, there is no .*no-such-python/);
    const written = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8'));
    expect(written.cases[0].case).toBe('chrf++');
    expect(written.machine.cores).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an unknown suite and a bad option end with an error and write nothing', async () => {
  const folder = join(tmpdir(), `bench-command-nothing-${process.pid}`);
  const unknown = bench('metric', '--output', folder);
  expect(unknown.status).toBe(1);
  expect(unknown.stderr).toMatch(/got 'metric'\. Did you mean 'metrics'\?/);
  const bad = bench('metrics', '--rounds', 'many', '--output', folder);
  expect(bad.status).toBe(1);
  expect(bad.stderr).toMatch(/must be a whole number from 1, got many/);
  expect(existsSync(folder)).toBe(false);
});
