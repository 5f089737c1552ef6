import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFiles } from '../../test/fixtures/fake-libtensorflow.ts';
import { findNativeBuild, findNativeBuilds } from './find-native-build.ts';
import { ADDON_PATH, type NativeBuildRecord, PACKAGE_PATH, RECORD_FILE } from './native-build-record.ts';

let directory: string;
let cache: string;
let library: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'marco-builds-'));
  cache = join(directory, 'cache');
  library = join(directory, 'library.so');
  writeFileSync(library, 'library');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a cache entry that is complete but for what is changed. */
function entry(
  hash: string,
  {
    isCudaBuild = false,
    age = 0,
    ...changes
  }: { isCudaBuild?: boolean | null; age?: number } & Partial<NativeBuildRecord> = {},
): string {
  const place = join(cache, `tfjs-node-4.22.0-${hash}`);
  const { size, mtimeMs } = statSync(library);
  const libraries = [{ path: library, sizeBytes: size, modifiedMs: Math.trunc(mtimeMs) }];
  const record: NativeBuildRecord = {
    formatVersion: 1,
    package: '@tensorflow/tfjs-node 4.22.0',
    platform: process.platform,
    arch: process.arch,
    compiler: 'c++',
    libtensorflow: { version: '2.21.0', directory, wheel: null, isCudaBuild, libraries },
    ...changes,
  };
  writeFiles(place, { [join(PACKAGE_PATH, ADDON_PATH)]: 'addon', [RECORD_FILE]: JSON.stringify(record) });
  const time = new Date(Date.now() - age * 1000);
  utimesSync(join(place, RECORD_FILE), time, time);
  return place;
}

test('a cache that is not there holds nothing', () => {
  expect(findNativeBuilds(join(directory, 'none'))).toEqual({ usable: [], unusable: [] });
});

test('the newest comes first; other files and builds under way are not looked at', () => {
  const old = entry('aaaa', { age: 20 });
  const recent = entry('bbbb', { age: 10 });
  writeFiles(cache, { 'other/file': '', '.building-1-x/file': '' });
  const { usable, unusable } = findNativeBuilds(cache);
  expect(usable.map((build) => build.directory)).toEqual([recent, old]);
  expect(usable[0]!.addonPath).toBe(join(recent, PACKAGE_PATH, ADDON_PATH));
  expect(unusable).toEqual([]);
});

test('for a GPU, a CUDA build before one that does not say, never one for the processor', () => {
  entry('cpu0', { isCudaBuild: false });
  expect(findNativeBuild(true, cache)).toBeUndefined();
  const unknown = entry('unkn', { isCudaBuild: null });
  expect(findNativeBuild(true, cache)?.directory).toBe(unknown);
  const cuda = entry('cuda', { isCudaBuild: true, age: 100 });
  expect(findNativeBuild(true, cache)?.directory).toBe(cuda);
});

test('for the processor, a CUDA build when there is no other', () => {
  const cuda = entry('cuda', { isCudaBuild: true });
  expect(findNativeBuild(false, cache)?.directory).toBe(cuda);
  const cpu = entry('cpu0', { isCudaBuild: false, age: 100 });
  expect(findNativeBuild(false, cache)?.directory).toBe(cpu);
});

test.each<[string, (place: string) => void]>([
  ['build.json is missing', (place) => rmSync(join(place, RECORD_FILE))],
  ['build.json is not a build record', (place) => writeFileSync(join(place, RECORD_FILE), '{"formatVersion":1')],
  ['build.json is not a build record', (place) => writeFileSync(join(place, RECORD_FILE), '{"formatVersion":2}')],
  ['build.json is not a build record', (place) => writeFileSync(join(place, RECORD_FILE), 'null')],
  ['its addon is missing', (place) => rmSync(join(place, PACKAGE_PATH, ADDON_PATH))],
  ['library.so has changed since', () => writeFileSync(library, 'another library')],
  ['library.so is gone', () => rmSync(library)],
])('not used: %s', (reason, spoil) => {
  const place = entry('aaaa');
  spoil(place);
  const { usable, unusable } = findNativeBuilds(cache);
  expect(usable).toEqual([]);
  expect(unusable).toEqual([{ directory: place, reason: expect.stringContaining(reason) }]);
});

test('not used: built for another machine', () => {
  entry('aaaa', { arch: 'sparc' });
  expect(findNativeBuilds(cache).unusable[0]!.reason).toBe(
    `built for ${process.platform}-sparc, this is ${process.platform}-${process.arch}`,
  );
});
