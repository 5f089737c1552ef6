import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { findNode, isNewEnough, tooOldMessage } from './new-enough-node.ts';

const moduleUrl = pathToFileURL(join(import.meta.dirname, 'new-enough-node.ts')).href;
const inPlace = (script: string): string[] => [
  '--input-type=module-typescript',
  '-e',
  `import { runInPlace } from ${JSON.stringify(moduleUrl)}; runInPlace(process.execPath, ['-e', ${JSON.stringify(script)}]);`,
];

test.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['22.20.0', true],
  ['24.0.0', true],
  ['100.1.0', true],
])('Node.js %s: new enough is %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected);
});

test('the workspace brings a Node.js; elsewhere there is none', () => {
  const node = findNode(import.meta.url)!;
  const { stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  expect(isNewEnough(stdout.trim())).toBe(true);
  const elsewhere = mkdtempSync(join(tmpdir(), 'marco-node-'));
  try {
    expect(findNode(join(elsewhere, 'cli.js'))).toBeUndefined();
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
  expect(tooOldMessage('v20.20.2')).toMatch(/22\.18\.0 or newer, got v20\.20\.2\. Install/);
});

test('a command run in place gives its output and its exit code', () => {
  const { status, stdout } = spawnSync(process.execPath, inPlace('console.log("in place"); process.exit(7)'), {
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({ status: 7, stdout: 'in place\n' });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s reaches the command, which decides how it ends', async (signal) => {
  const child = spawn(
    process.execPath,
    inPlace(`process.on('${signal}', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready')`),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  child.kill(signal);
  expect(await once(child, 'close')).toEqual([9, null]);
});
