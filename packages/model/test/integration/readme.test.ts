import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..', '..');
const examples = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code!,
);

/** The third is for a page: browser.test.ts runs it there. */
test('the first two examples of the README run, one after the other', () => {
  const directory = mkdtempSync(join(tmpdir(), 'marco-model-readme-'));
  try {
    const program = `process.chdir(${JSON.stringify(directory)});\n${examples[0]}${examples[1]}`;
    const flags = ['--conditions=@marco-ts/source', '--input-type=module-typescript', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^Int32Array\(8\) \[[\s\d,]+\]\n./);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
