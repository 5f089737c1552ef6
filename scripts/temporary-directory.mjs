/**
 * One temporary directory for all files of a test run, gone with its end. In it lies a cache as well: tests never see, and never fill, what the
 * user has cached (native backends, downloaded models).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Called by vitest before its workers start, which inherit the environment. */
export async function setup() {
  const directory = await mkdtemp(join(tmpdir(), 'marco-tests-'));
  process.env.TMPDIR = directory;
  process.env.MARCO_CACHE = join(directory, 'cache');
  return () => rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
