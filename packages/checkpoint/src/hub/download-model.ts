/**
 * Downloads a model from the Hugging Face Hub into the cache that Python's huggingface_hub uses too, or finds it there.
 *
 * Source: the npm package @huggingface/hub for what the Hub's interface says (commit of a revision, files of a commit, where a file is); the bytes
 * are fetched here, because that package neither goes on with a broken download nor checks it. Its Xet protocol is not used.
 */
import { copyFile, lstat, mkdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { writeFileAtomic } from '../files/write-file-atomic.ts';
import { fileNameFault } from '../hugging-face/plain-file-name.ts';
import { checkToken, downloadFault, redact } from './download-fault.ts';
import { downloadFile, type HubFile } from './download-file.ts';
import {
  COMMIT,
  cachedCommit,
  defaultCacheDirectory,
  missingFiles,
  type RepositoryCache,
  repositoryCache,
} from './hub-cache.ts';
import { createPatientFetch, type PatientFetchOptions } from './patient-fetch.ts';

/** Which files of which model, from where, and how stubbornly. */
export interface DownloadModelOptions {
  /** `owner/name` */
  readonly repo: string;
  /** Branch, tag or commit; a commit that is in the cache is found without the network. @default 'main' */
  readonly revision?: string;
  /** Exactly these files. @default config, weights as safetensors, tokenizer and chat template, as far as there are any */
  readonly files?: readonly string[];
  /** Sent to the Hub alone, never shown. */
  readonly token?: string;
  /** Use the cache and touch no network. @default false */
  readonly offline?: boolean;
  /** @default HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub */
  readonly cacheDirectory?: string;
  /** @default 'https://huggingface.co' */
  readonly hubUrl?: string;
  /** @default the global one */
  readonly fetch?: typeof globalThis.fetch;
  /** Tries without progress. @default 5 */
  readonly maxAttempts?: number;
  /** Wait before the second try, doubled with each one. @default 500 */
  readonly retryDelayMs?: number;
  /** Longest silence of the other side. @default 60_000 */
  readonly stallTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told of each file as its bytes arrive. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** How far one file has come; what was there before a resumed download counts as received. */
export interface DownloadProgress {
  readonly file: string;
  readonly receivedBytes: number;
  readonly sizeBytes: number;
}

/** A model in the cache. */
export interface DownloadedModel {
  /** A model directory, as `openHuggingFaceModel` takes it; its files are shared, do not change them. */
  readonly directory: string;
  readonly commit: string;
}

const MODEL_FILES = new Set([
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'model.safetensors.index.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
]);
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;

/**
 * @throws without the token in any text: options that are wrong, files that are not there (online or, with `offline`, in the cache), refused access, names that
 * lead out of the cache, wrong checksums, and the network when it fails for longer than the tries last; what has arrived is kept
 */
export async function downloadModel(options: DownloadModelOptions): Promise<DownloadedModel> {
  const { token, signal } = options;
  checkToken(token);
  try {
    signal?.throwIfAborted();
    return await findOrDownload(options);
  } catch (error) {
    throw redact(error, token);
  }
}

async function findOrDownload(options: DownloadModelOptions): Promise<DownloadedModel> {
  const { repo, revision = 'main', files, offline = false, cacheDirectory = defaultCacheDirectory() } = options;
  const cache = repositoryCache(cacheDirectory, repo, revision);
  for (const name of files ?? []) checkName(name, 'the options');
  if (offline || COMMIT.test(revision)) {
    const commit = await cachedCommit(cache, revision);
    const missing = commit === null ? [`revision ${revision}`] : await missingFiles(cache.snapshot(commit), files);
    if (commit !== null && missing.length === 0) return { directory: cache.snapshot(commit), commit };
    if (offline) {
      throw downloadFault(
        'the model must be in the cache when offline',
        `no ${missing.slice(0, 5).join(', ')} of ${repo}`,
        cacheDirectory,
        'Download it once without offline: true.',
      );
    }
  }
  return download(options, cache, repo, revision);
}

async function download(
  options: DownloadModelOptions,
  cache: RepositoryCache,
  repo: string,
  revision: string,
): Promise<DownloadedModel> {
  const { token, hubUrl = 'https://huggingface.co', onProgress } = options;
  const hub = await importHub();
  const patience = patienceOf(options, hubUrl);
  const fetch = createPatientFetch(patience, 'stream');
  const access = {
    hubUrl,
    fetch: createPatientFetch(patience, 'whole'),
    ...(token !== undefined && { accessToken: token }),
  };
  const headerAccess = { ...access, fetch: createPatientFetch(patience, 'none') };

  const { sha: commit } = await ask(repo, () =>
    hub.modelInfo({ name: repo, revision, additionalFields: ['sha'], ...access }),
  );
  if (!COMMIT.test(commit)) throw strangeAnswer(`${JSON.stringify(commit)} as the commit`, repo);
  const entries = await ask(repo, async () => {
    const files: HubEntry[] = [];
    for await (const entry of hub.listFiles({ repo, revision: commit, ...access })) {
      if (/[/\\]/.test(entry.path)) throw strangeAnswer(`the path ${JSON.stringify(entry.path)}`, repo);
      if (entry.type === 'file') files.push(entry);
    }
    return files;
  });
  const chosen = choose(entries, options.files, repo).map((entry) => checkEntry(entry, repo));
  const snapshot = cache.snapshot(commit);
  for (const file of chosen) {
    const where = { repo, path: file.name, revision: commit };
    const info = await ask(repo, () => hub.fileDownloadInfo({ ...where, ...headerAccess }));
    if (info?.size !== file.sizeBytes)
      throw strangeAnswer(`${info?.size} bytes, once ${file.sizeBytes}, for ${file.name}`, repo);
    const blob = await downloadFile(file, {
      fetch,
      url: info.url,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      blobs: cache.blobs,
      patience,
      onBytes: (receivedBytes) => onProgress?.({ file: file.name, receivedBytes, sizeBytes: file.sizeBytes }),
    });
    await link(blob, join(snapshot, file.name));
  }
  const missing = await missingFiles(snapshot, options.files);
  if (missing.length > 0) {
    const got = `no ${missing.slice(0, 5).join(', ')}`;
    throw downloadFault('the repository must have every shard of its index', got, repo, 'Ask its owner.');
  }
  if (revision !== commit) await writeFileAtomic(cache.ref(revision), commit);
  return { directory: snapshot, commit };
}

function patienceOf(options: DownloadModelOptions, hubUrl: string): PatientFetchOptions {
  const { maxAttempts = 5, retryDelayMs = 500, stallTimeoutMs = 60_000, signal } = options;
  for (const [name, value, least] of [
    ['maxAttempts', maxAttempts, 1],
    ['retryDelayMs', retryDelayMs, 0],
    ['stallTimeoutMs', stallTimeoutMs, 1],
  ] as const) {
    if (!Number.isFinite(value) || value < least)
      throw downloadFault(`${name} must be a number from ${least}`, String(value), 'the options', 'Correct it.');
  }
  if (!URL.canParse(hubUrl) || !/^https?:/.test(hubUrl))
    throw downloadFault('hubUrl must be a web address', JSON.stringify(hubUrl), 'the options', 'Correct it.');
  return { hubUrl, fetch: options.fetch ?? globalThis.fetch, maxAttempts, retryDelayMs, stallTimeoutMs, signal };
}

type Hub = typeof import('@huggingface/hub');

async function importHub(): Promise<Hub> {
  try {
    return await import('@huggingface/hub');
  } catch (error) {
    throw new Error(
      `[@marco-ts/checkpoint] downloadModel: the package @huggingface/hub must be installed, got ${(error as Error).message.split('\n')[0]} at import. Run: npm install @huggingface/hub@2`,
      { cause: error },
    );
  }
}

/** @throws an error of ours when the answer is none that @huggingface/hub understands */
async function ask<T>(repo: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('[@marco-ts/')) throw error;
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw strangeAnswer(error instanceof Error ? error.message : String(error), repo);
  }
}

function strangeAnswer(got: string, repo: string): Error {
  return downloadFault(
    'the Hub must answer in its own format',
    got.slice(0, 200),
    repo,
    'Check hubUrl and what stands between you and the Hub.',
  );
}

interface HubEntry {
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/** @throws when the hash, which names the blob, or the size is none */
function checkEntry({ path, size, oid, lfs }: HubEntry, repo: string): HubFile {
  const hash = lfs ? lfs.oid : oid;
  const sizeBytes = lfs ? lfs.size : size;
  const isHash = typeof hash === 'string' && (lfs ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(hash);
  if (!isHash || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw strangeAnswer(`hash ${JSON.stringify(hash)} and size ${JSON.stringify(sizeBytes)} for ${path}`, repo);
  }
  return { name: path, sizeBytes, hash };
}

function checkName(name: string, at: string): void {
  const trouble = fileNameFault(name);
  if (trouble)
    throw downloadFault(
      'files must lie at the top of the repository',
      `${JSON.stringify(name)} (${trouble})`,
      at,
      'Name others.',
    );
}

/** The files to fetch, config.json last, so that a snapshot that has it is whole. */
function choose(entries: readonly HubEntry[], files: readonly string[] | undefined, repo: string): HubEntry[] {
  const names = new Set(entries.map(({ path }) => path));
  const isSingle = names.has('model.safetensors');
  const missing = (files ?? ['config.json']).filter((name) => !names.has(name));
  if (!files && !isSingle && !names.has('model.safetensors.index.json')) missing.push('model.safetensors');
  if (missing.length > 0) {
    throw downloadFault(
      'the repository must have the files',
      `no ${missing.join(', ')}`,
      repo,
      'Check the name and the revision.',
    );
  }
  const isWanted = (name: string) =>
    files ? files.includes(name) : MODEL_FILES.has(name) || (!isSingle && SHARD.test(name));
  const isLast = ({ path }: HubEntry) => Number(path === 'config.json');
  return entries.filter(({ path }) => isWanted(path)).sort((a, b) => isLast(a) - isLast(b));
}

/** A relative link, as huggingface_hub makes it; a copy where links are not allowed. */
async function link(blob: string, path: string): Promise<void> {
  const target = relative(dirname(path), blob);
  try {
    await mkdir(dirname(path), { recursive: true });
    const present = await lstat(path).catch(() => null);
    if (present?.isSymbolicLink() && (await readlink(path)) === target) return;
    if (present?.isFile() && present.size === (await stat(blob)).size) return;
    if (present) await rm(path);
    await symlink(target, path).catch(async (error) => {
      if (!['EPERM', 'ENOSYS', 'ENOTSUP'].includes(fileErrorCode(error) ?? '')) throw error;
      await copyFile(blob, path);
    });
  } catch (error) {
    throw explainFileError('downloadModel', 'write', path, error);
  }
}
