import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const indexPath = join(import.meta.dirname, 'index.ts');

async function runInNode(script: string): Promise<{ stdout: string; stderr: string }> {
  const program = `const core = await import(${JSON.stringify(indexPath)}); ${script}`;
  const args = ['--conditions=@marco-ts/source', '--input-type=module', '-e', program];
  return promisify(execFile)(process.execPath, args);
}

test('tfjs loads and computes in Node without a word, before any backend was chosen', async () => {
  const { stdout, stderr } = await runInNode('console.log(core.tf.sum(core.tf.tensor1d([1, 2])).dataSync()[0]);');
  expect(stdout.trim()).toBe('3');
  expect(stderr).toBe('');
});

test('the warnings of tfjs are still there', async () => {
  const { stderr } = await runInNode(`core.tf.tidy(() => Promise.resolve());`);
  expect(stderr).toContain('Cannot return a Promise inside of tidy');
});
