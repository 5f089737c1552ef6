/**
 * Every check of the repository in one go, as CI runs it: typecheck, lint, boundaries, links of documents, examples of READMEs, then the test
 * projects. Prints each runner's own output; stops at the end with 1 if any of them failed, so that one run shows every problem.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const projects = ['unit', 'golden', 'integration'];
const directory = mkdtempSync(join(tmpdir(), 'marco-test-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const counts = join(directory, 'counts.json');

const checks = [
  ['typecheck', bin('tsc'), ['--noEmit', '-p', 'tsconfig.json']],
  ['lint', bin('biome'), ['check', '.']],
  ['boundaries', bin('node'), ['scripts/check-boundaries.mjs']],
  ['links', bin('node'), ['scripts/check-links.mjs']],
  ['readmes', bin('node'), ['scripts/check-readmes.mjs']],
  [
    'tests',
    bin('vitest'),
    [
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${counts}`,
    ],
  ],
];

const failed = [];
for (const [name, command, args] of checks) {
  const started = Date.now();
  console.log(`\n── ${name}`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (error) console.error(error.message);
  if (status !== 0) failed.push(name);
  console.log(`── ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
console.log(`\nchecks: ${checks.length - failed.length} passed, ${failed.length} failed`);
const tests = JSON.parse(readFileSync(counts, 'utf8'));
console.log(`tests: ${tests.numPassedTests} passed, ${tests.numFailedTests} failed, ${tests.numPendingTests} skipped`);
if (failed.length > 0) {
  console.error(`failed: ${failed.join(', ')}`);
  process.exit(1);
}
