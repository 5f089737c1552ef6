/**
 * Finds the addon that `buildNativeAddon` made, and says which builds are there and cannot be used any more.
 */
import { cacheDirectory } from './cache-directory.ts';
import {
  ADDON_PATH,
  BUILD_PREFIX,
  type NativeBuildRecord,
  PACKAGE_PATH,
  parseNativeBuildRecord,
  RECORD_FILE,
} from './native-build-record.ts';

/** A build of the addon in the cache, with its files and what they were made from. */
export interface NativeBuild {
  /** The cache entry. */
  readonly directory: string;
  readonly packageDirectory: string;
  readonly addonPath: string;
  readonly record: NativeBuildRecord;
}

/** A build that is there and cannot be loaded any more, such as one whose libtensorflow has changed. */
export interface UnusableBuild {
  readonly directory: string;
  readonly reason: string;
}

/** The builds in the cache, by whether this Node can load them. */
export interface FoundBuilds {
  /** Newest first, where new is when it was last built or asked for again. */
  readonly usable: readonly NativeBuild[];
  readonly unusable: readonly UnusableBuild[];
}

/** Reads a few small files; loads nothing. A cache that is not there holds no builds. */
export function findNativeBuilds(cache: string = cacheDirectory()): FoundBuilds {
  const { readdirSync, statSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  let names: string[];
  try {
    names = readdirSync(cache).filter((name) => name.startsWith(BUILD_PREFIX));
  } catch {
    return { usable: [], unusable: [] }; // No cache yet, or none that we may read.
  }
  const usable: { build: NativeBuild; time: number }[] = [];
  const unusable: UnusableBuild[] = [];
  for (const directory of names.map((name) => join(cache, name))) {
    const build = readNativeBuild(directory);
    if ('reason' in build) unusable.push(build);
    else usable.push({ build, time: statSync(join(directory, RECORD_FILE)).mtimeMs });
  }
  usable.sort((one, other) => other.time - one.time);
  return { usable: usable.map(({ build }) => build), unusable };
}

/**
 * @param gpu true: only builds that are not known to be for the processor alone; false: those come last, because a CUDA build runs on
 *   the processor too
 */
export function findNativeBuild(gpu: boolean, cache?: string): NativeBuild | undefined {
  const { usable } = findNativeBuilds(cache);
  const isCuda = ({ record }: NativeBuild): boolean | null => record.libtensorflow.isCudaBuild;
  if (gpu) return usable.find((build) => isCuda(build) === true) ?? usable.find((build) => isCuda(build) === null);
  return usable.find((build) => isCuda(build) !== true) ?? usable[0];
}

/** @returns the build in one cache entry, or why it cannot be used */
export function readNativeBuild(directory: string): NativeBuild | UnusableBuild {
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  let text: string;
  try {
    text = readFileSync(join(directory, RECORD_FILE), 'utf8');
  } catch {
    return { directory, reason: `${RECORD_FILE} is missing` };
  }
  const record = parseNativeBuildRecord(text);
  if (record === null) return { directory, reason: `${RECORD_FILE} is not a build record` };
  if (record.platform !== process.platform || record.arch !== process.arch) {
    return {
      directory,
      reason: `built for ${record.platform}-${record.arch}, this is ${process.platform}-${process.arch}`,
    };
  }
  const packageDirectory = join(directory, PACKAGE_PATH);
  const addonPath = join(packageDirectory, ADDON_PATH);
  if (!existsSync(addonPath)) return { directory, reason: 'its addon is missing' };
  const changed = changedLibrary(record);
  return changed === undefined ? { directory, packageDirectory, addonPath, record } : { directory, reason: changed };
}

/** A wheel that was removed or replaced by another version: the addon was compiled for what is no longer there. */
function changedLibrary({ libtensorflow }: NativeBuildRecord): string | undefined {
  const { statSync } = process.getBuiltinModule('node:fs');
  for (const { path, sizeBytes, modifiedMs } of libtensorflow.libraries) {
    const now = statSync(path, { throwIfNoEntry: false });
    if (now === undefined) return `${path} is gone`;
    if (now.size !== sizeBytes || Math.trunc(now.mtimeMs) !== modifiedMs) return `${path} has changed since`;
  }
  return undefined;
}
