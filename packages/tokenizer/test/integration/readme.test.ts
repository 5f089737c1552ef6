import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..', '..');
const examples = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code!,
);

test.each([
  [0, /任何 text\n\d+ Uint8Array\(\d+\) \[[\s0,]*1[\s\S]*Int32Array/],
  [1, /^\d+(\.\d+)? \d+(\.\d+)?\n\d+ wa Int32Array\(2\)/],
])('example %i of the README runs', (index, output) => {
  const directory = mkdtempSync(join(tmpdir(), 'marco-tokenizer-readme-'));
  try {
    const program = `process.chdir(${JSON.stringify(directory)});\n${examples[index]}`;
    const flags = ['--conditions=@marco-ts/source', '--input-type=module-typescript', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(output);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
