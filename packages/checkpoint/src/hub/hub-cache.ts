/**
 * Where a model from the Hub lies on this machine, in the layout that Python's huggingface_hub uses, so that both share one cache:
 * `models--owner--name/{blobs/<hash>, snapshots/<commit>/<file> -> blob, refs/<revision>}`.
 *
 * Source: "Understand caching" of the huggingface_hub documentation.
 */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { readJsonFile } from '../files/read-json-file.ts';
import { fileNameFault } from '../hugging-face/plain-file-name.ts';
import { downloadFault } from './download-fault.ts';

export const COMMIT = /^[0-9a-f]{40}$/;

export interface RepositoryCache {
  readonly blobs: string;
  snapshot(commit: string): string;
  ref(revision: string): string;
}

/** HF_HUB_CACHE, else `hub` in HF_HOME, else `~/.cache/huggingface/hub`. */
export function defaultCacheDirectory(): string {
  const { HF_HUB_CACHE, HF_HOME } = process.env;
  return HF_HUB_CACHE || join(HF_HOME || join(homedir(), '.cache', 'huggingface'), 'hub');
}

/** @throws when a name could lead out of the cache */
export function repositoryCache(cacheDirectory: string, repo: string, revision: string): RepositoryCache {
  const isPlain = (part: string) => /^[A-Za-z0-9_.-]{1,96}$/.test(part) && !/^\.+$/.test(part);
  const parts = String(repo).split('/');
  if (parts.length !== 2 || !parts.every(isPlain))
    throw downloadFault('repo must be "owner/name"', JSON.stringify(repo), 'the options', 'Correct it.');
  const steps = String(revision).split('/');
  if (!steps.every(isPlain))
    throw downloadFault(
      'revision must be a branch, tag or commit',
      JSON.stringify(revision),
      'the options',
      'Correct it.',
    );
  const root = join(cacheDirectory, `models--${parts.join('--')}`);
  return {
    blobs: join(root, 'blobs'),
    snapshot: (commit) => join(root, 'snapshots', commit),
    ref: (name) => join(root, 'refs', ...name.split('/')),
  };
}

/** The commit that a revision had when it was last downloaded, or null. */
export async function cachedCommit(cache: RepositoryCache, revision: string): Promise<string | null> {
  if (COMMIT.test(revision)) return revision;
  try {
    const commit = (await readFile(cache.ref(revision), 'utf8')).trim();
    return COMMIT.test(commit) ? commit : null;
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return null;
    throw explainFileError('downloadModel', 'read', cache.ref(revision), error);
  }
}

/**
 * What a snapshot lacks: of `files`, or, where those are not given, of config.json and the weights, in one file or in the shards of their index.
 */
export async function missingFiles(snapshot: string, files: readonly string[] | undefined): Promise<string[]> {
  const isPresent = (name: string) =>
    stat(join(snapshot, name)).then(
      (entry) => entry.isFile(),
      () => false,
    );
  const wanted = files ? [...files] : ['config.json'];
  if (!files && !(await isPresent('model.safetensors'))) {
    const index = 'model.safetensors.index.json';
    if (!(await isPresent(index))) return ['model.safetensors'];
    const { weight_map: weightMap } = await readJsonFile(join(snapshot, index), 'downloadModel');
    const shards = new Set(Object.values((weightMap ?? {}) as Record<string, unknown>));
    for (const shard of shards) wanted.push(fileNameFault(shard) ? index : String(shard));
  }
  const missing: string[] = [];
  for (const name of wanted) if (fileNameFault(name) || !(await isPresent(name))) missing.push(name);
  return missing;
}
