import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '..', '..');
const examples = [...readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code!,
);

test.each([
  [0, /cloze \{ value: 0?\.?\d+/],
  [1, /BLEU\|nrefs:1\|case:mixed\|eff:no\|tok:13a\|smooth:exp\|version:2\.6\.0\+ts = /],
  [2, /Mwanaume alifungua bomba kwa hiyo/],
])('example %i of the README runs', (index, output) => {
  const flags = ['--conditions=@marco-ts/source', '--input-type=module-typescript', '--eval', examples[index]!];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8' });
  expect(stderr.replace(/^.*ExperimentalWarning.*$/gm, ''), stderr).not.toMatch(/Error/);
  expect(status).toBe(0);
  expect(stdout).toMatch(output);
});
