/**
 * The directories in which builds are made before they are renamed into place: named after the process that makes them, so that what a
 * killed one left behind can be told from what another one is working on.
 */
import { mkdir, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeBackendError } from '../node-backend-error.ts';

const PREFIX = '.building-';
/** tfjs-node and what it needs take 302 MiB. */
const NEEDED_BYTES = 400 * 2 ** 20;

/** @throws Error with `fix` when the cache cannot be written or its disk has too little room */
export async function createBuildingDirectory(cache: string, neededBytes = NEEDED_BYTES): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    await clearAbandoned(cache);
    const { bavail, bsize } = await statfs(cache);
    if (bavail * bsize < neededBytes) {
      throw nodeBackendError(
        'buildNativeAddon',
        `${Math.ceil(neededBytes / 2 ** 20)} MiB must be free for ${cache}, got ${Math.floor((bavail * bsize) / 2 ** 20)} MiB.`,
        'Free some space, or set MARCO_CACHE to a folder on another disk.',
      );
    }
    return await mkdtemp(join(cache, `${PREFIX}${process.pid}-`));
  } catch (error) {
    if ('fix' in (error as object)) throw error;
    throw nodeBackendError(
      'buildNativeAddon',
      `the cache must be writable, got ${(error as Error).message}.`,
      'Set MARCO_CACHE to a folder that can be written.',
    );
  }
}

async function clearAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const owner = Number(name.match(/^\.building-(\d+)-/)?.[1]);
    if (owner > 0 && !isRunning(owner)) await rm(join(cache, name), { recursive: true, force: true });
  }
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // It runs and belongs to someone else.
  }
}
