import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFiles } from '../../../test/fixtures/fake-libtensorflow.ts';
import { findPythonTensorflow } from './find-python-tensorflow.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-python-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A program in a `bin` of its own that answers whatever it is asked with this. */
function python(path: string, script: string): string {
  writeFiles(directory, { [path]: `#!/bin/sh\n${script}\n` }, 0o755);
  return join(directory, path);
}
const has = (place: string) => `echo '{"directory": "${place}", "wheel": "tensorflow-cpu 2.21.0"}'`;
const HAS_NONE = `echo '{"directory": null, "wheel": null}'`;

test('the interpreter that is named is asked, and no other', async () => {
  const path = python('bin/mine', has('/wheel'));
  await expect(findPythonTensorflow(path, { PATH: '' })).resolves.toEqual({
    python: path,
    directory: '/wheel',
    wheel: 'tensorflow-cpu 2.21.0',
  });
});

test('else the active environment, then python3, then python: the first that has it', async () => {
  const env = { VIRTUAL_ENV: join(directory, 'venv'), PATH: join(directory, 'bin') };
  python('bin/python', has('/from-python'));
  expect((await findPythonTensorflow(undefined, env)).directory).toBe('/from-python');
  python('bin/python3', has('/from-python3'));
  expect((await findPythonTensorflow(undefined, env)).directory).toBe('/from-python3');
  python('venv/bin/python', HAS_NONE);
  expect((await findPythonTensorflow(undefined, env)).directory).toBe('/from-python3');
  python('venv/bin/python', has('/from-venv'));
  expect((await findPythonTensorflow(undefined, env)).directory).toBe('/from-venv');
});

test('a wheel whose package is not known by name is taken all the same', async () => {
  const path = python('bin/mine', `echo '{"directory": "/wheel", "wheel": null}'`);
  expect((await findPythonTensorflow(path, { PATH: '' })).wheel).toBe('tensorflow of unknown version');
});

test.each<[string, () => string | undefined, RegExp]>([
  ['no Python at all', () => undefined, /got: no program python3; no program python\. Install one: .*pip install/],
  ['no such interpreter', () => join(directory, 'none'), /got: no program .*none\./],
  ['a directory', () => directory, /is a directory, not an interpreter such as .*bin\/python/],
  ['one without TensorFlow', () => python('bin/mine', HAS_NONE), /mine has no TensorFlow/],
  ['one that fails', () => python('bin/mine', 'echo "broken install" >&2; exit 3'), /mine failed \(broken install\)/],
  ['something else', () => python('bin/mine', 'echo hello'), /mine is no Python/],
])('refused: %s', async (_, make, message) => {
  const failure = findPythonTensorflow(make(), { PATH: join(directory, 'bin') });
  await expect(failure).rejects.toThrow(message);
  await expect(failure).rejects.toMatchObject({ isBadInput: true, fix: expect.stringContaining('--python') });
});
