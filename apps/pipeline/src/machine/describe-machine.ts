/** What this machine has: processor, cores and memory that this process may use, free disk. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';

export interface Machine {
  readonly cpu: string;
  /** cores this process may use, not those of the whole machine */
  readonly numCores: number;
  /** memory this process may use: the container's limit where there is one */
  readonly memoryBytes: number;
  readonly platform: string;
}

export function describeMachine(): Machine {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown processor',
    numCores: availableParallelism(),
    memoryBytes: limit > 0 && limit < total ? limit : total,
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

/** @returns bytes free for this user on the disk of the directory, or of its nearest existing parent */
export async function freeDiskBytes(directory: string): Promise<number> {
  let path = resolve(directory);
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path);
  const info = await statfs(path);
  return info.bavail * info.bsize;
}
