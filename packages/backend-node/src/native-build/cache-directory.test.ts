import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheDirectory } from './cache-directory.ts';

test.each([
  [{ MARCO_CACHE: '/elsewhere', XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, '/elsewhere'],
  [{ XDG_CACHE_HOME: '/xdg', HOME: '/home/me' }, '/xdg/marco-ts'],
  [{ XDG_CACHE_HOME: 'relative', HOME: '/home/me' }, '/home/me/.cache/marco-ts'],
  [{ MARCO_CACHE: '', XDG_CACHE_HOME: '', HOME: '/home/me' }, '/home/me/.cache/marco-ts'],
  [{}, join(homedir(), '.cache', 'marco-ts')],
])('%o gives %s', (env, expected) => {
  expect(cacheDirectory(env)).toBe(expected);
});
