import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFiles } from '../../../test/fixtures/fake-libtensorflow.ts';
import { findCompiler } from './find-compiler.ts';

let bin: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'marco-compiler-'));
});
afterEach(() => rmSync(bin, { recursive: true, force: true }));

const put = (name: string, script: string): void => writeFiles(bin, { [name]: `#!/bin/sh\n${script}\n` }, 0o755);

test('the first of c++, g++ and clang++ that runs, with its own words', async () => {
  put('clang++', 'echo "clang 19"');
  expect(await findCompiler({ PATH: bin })).toEqual({ command: 'clang++', version: 'clang 19' });
  put('g++', 'echo "g++ 12"; echo "second line"');
  expect(await findCompiler({ PATH: bin })).toEqual({ command: 'g++', version: 'g++ 12' });
  put('c++', 'exit 1');
  expect(await findCompiler({ PATH: bin })).toEqual({ command: 'g++', version: 'g++ 12' });
});

test('CXX goes before them, and nothing takes its place', async () => {
  put('c++', 'echo c++');
  put('mine', 'echo mine 7');
  expect(await findCompiler({ PATH: bin, CXX: join(bin, 'mine') })).toEqual({
    command: join(bin, 'mine'),
    version: 'mine 7',
  });
  await expect(findCompiler({ PATH: bin, CXX: '/nowhere/c++' })).rejects.toThrow(
    'got CXX=/nowhere/c++, which does not run. Set CXX to the path of a compiler, or unset it.',
  );
});

test('none: the commands that install one', async () => {
  const failure = findCompiler({ PATH: bin });
  await expect(failure).rejects.toThrow('a C++17 compiler must be there, got none of c++, g++, clang++.');
  await expect(failure).rejects.toMatchObject({
    isBadInput: false,
    fix: expect.stringContaining('apt-get install g++'),
  });
});
