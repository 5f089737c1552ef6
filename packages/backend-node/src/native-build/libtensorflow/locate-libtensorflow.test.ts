import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  C_LIBRARY,
  FRAMEWORK_LIBRARY,
  fakeArchive,
  fakeWheel,
  HEADERS,
  MAIN_LIBRARY,
  writeFiles,
} from '../../../test/fixtures/fake-libtensorflow.ts';
import { locateLibtensorflow } from './locate-libtensorflow.ts';

let directory: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'marco-libtensorflow-')));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a wheel, by its own folder or the one above, also through a link', () => {
  const wheel = fakeWheel(join(directory, 'tensorflow'));
  symlinkSync(directory, join(directory, 'link'));
  const found = locateLibtensorflow(wheel);
  const { size, mtimeMs } = statSync(join(wheel, MAIN_LIBRARY));
  expect(found).toEqual({
    directory: wheel,
    libraryDirectory: wheel,
    includeDirectory: join(wheel, 'include'),
    libraries: [
      { path: join(wheel, MAIN_LIBRARY), sizeBytes: size, modifiedMs: Math.trunc(mtimeMs) },
      expect.objectContaining({ path: join(wheel, FRAMEWORK_LIBRARY) }),
    ],
    isCudaBuild: false,
  });
  expect(locateLibtensorflow(directory)).toEqual(found);
  expect(locateLibtensorflow(join(directory, 'link'))).toEqual(found);
});

test('an archive of the C library, which does not say whether it is for CUDA', () => {
  const found = locateLibtensorflow(fakeArchive(directory));
  expect(found.libraryDirectory).toBe(join(directory, 'lib'));
  expect(found.libraries.map(({ path }) => path)).toEqual([
    join(directory, 'lib', C_LIBRARY),
    join(directory, 'lib', FRAMEWORK_LIBRARY),
  ]);
  expect(found.isCudaBuild).toBeNull();
});

test('a CUDA wheel says so, in both spellings of its build_info', () => {
  fakeWheel(directory, { isCudaBuild: true });
  expect(locateLibtensorflow(directory).isCudaBuild).toBe(true);
  writeFiles(directory, { 'python/platform/build_info.py': 'build_info = {"is_cuda_build": True}' });
  expect(locateLibtensorflow(directory).isCudaBuild).toBe(true);
  writeFiles(directory, { 'python/platform/build_info.py': 'build_info = {}' });
  expect(locateLibtensorflow(directory).isCudaBuild).toBeNull();
});

test('other platforms have other names', () => {
  writeFiles(directory, {
    'libtensorflow_cc.2.dylib': '',
    'libtensorflow_framework.2.dylib': '',
    ...Object.fromEntries(HEADERS.map((header) => [`include/${header}`, ''])),
  });
  expect(locateLibtensorflow(directory, 'darwin').libraries[0]!.path).toBe(join(directory, 'libtensorflow_cc.2.dylib'));
  expect(() => locateLibtensorflow(directory, 'linux')).toThrow(
    'libtensorflow_cc.so.2 or libtensorflow.so.2 must be in',
  );
});

test.each<[string, () => string, RegExp]>([
  ['nothing there', () => join(directory, 'none'), /must be a directory, got ".*none", which is none/],
  [
    'a file',
    () => {
      writeFileSync(join(directory, 'file'), '');
      return join(directory, 'file');
    },
    /must be a directory/,
  ],
  ['an empty directory', () => directory, /must be in .* or its lib\/, got neither/],
  [
    'half of one',
    () => {
      fakeWheel(directory);
      rmSync(join(directory, FRAMEWORK_LIBRARY));
      return directory;
    },
    /libtensorflow_framework.* must lie beside .*half of a libtensorflow/,
  ],
  [
    'one without headers',
    () => {
      fakeWheel(directory);
      rmSync(join(directory, 'include'), { recursive: true });
      mkdirSync(join(directory, 'include'));
      return directory;
    },
    /got no tensorflow\/c\/c_api\.h, tensorflow\/c\/eager\/c_api\.h, .* below .*include/,
  ],
  [
    'one with the headers of something older',
    () => {
      fakeWheel(directory);
      rmSync(join(directory, 'include', HEADERS[1]));
      return directory;
    },
    /got no tensorflow\/c\/eager\/c_api\.h below/,
  ],
])('refused: %s', (_, make, message) => {
  const refused = (): unknown => locateLibtensorflow(make());
  expect(refused).toThrow(message);
  expect(refused).toThrow(expect.objectContaining({ isBadInput: true, fix: expect.stringContaining('site-packages') }));
});
