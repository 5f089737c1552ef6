import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createBuildingDirectory } from './building-directory.ts';

const cache = join(mkdtempSync(join(tmpdir(), 'marco-building-')), 'deep', 'cache');
afterEach(() => rmSync(cache, { recursive: true, force: true }));

test('a directory of its own for each build, named after the process, in a cache that is made when it is not there', async () => {
  const [one, other] = [await createBuildingDirectory(cache), await createBuildingDirectory(cache)];
  expect(one).not.toBe(other);
  expect(dirname(one)).toBe(cache);
  expect(basename(one)).toMatch(new RegExp(`^\\.building-${process.pid}-`));
});

test('a disk with too little room is refused before anything is fetched', async () => {
  const failure = createBuildingDirectory(cache, 2 ** 60);
  await expect(failure).rejects.toThrow(
    /1099511627776 MiB must be free for .*cache, got \d+ MiB\. Free some space, or set MARCO_CACHE/,
  );
  expect(readdirSync(cache)).toEqual([]);
});
