/**
 * Brings one file of the Hub into the cache: it goes on where it was broken off, and takes its name only when its checksum is right.
 *
 * Source: git's object names for small files (SHA-1 of `blob <size>\0` and the bytes), git-lfs's for large ones (SHA-256 of the bytes).
 * Memory: what the network hands over at once.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainFileError, fileErrorCode } from '../files/explain-file-error.ts';
import { syncDirectory } from '../files/sync-to-disk.ts';
import { writeFully } from '../files/write-pieces.ts';
import { readFully } from '../sources/file-source.ts';
import { readPieces } from '../sources/read-pieces.ts';
import { downloadFault, networkFault, withoutQuery } from './download-fault.ts';
import { isFinal, type PatientFetchOptions, pause } from './patient-fetch.ts';

export interface HubFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** 64 digits: SHA-256 of the contents; 40 digits: git's SHA-1. Also the name of the blob. */
  readonly hash: string;
}

export interface DownloadFileOptions {
  /** Asks for the file, already patient with failures to connect. */
  readonly fetch: typeof globalThis.fetch;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly blobs: string;
  readonly patience: PatientFetchOptions;
  readonly onBytes: (receivedBytes: number) => void;
}

/**
 * @returns the path of the whole, verified file
 * @throws after `maxAttempts` tries without a new byte, or with a wrong checksum; bytes that may be right are kept for the next call
 */
export async function downloadFile(file: HubFile, options: DownloadFileOptions): Promise<string> {
  const { blobs, patience, url } = options;
  const path = join(blobs, file.hash);
  const incomplete = `${path}.incomplete`;
  if ((await sizeOf(path)) === file.sizeBytes) return path;
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const before = (await sizeOf(incomplete)) ?? 0;
    let failure: unknown;
    try {
      if (await receive(file, incomplete, options)) {
        await rename(incomplete, path);
        await syncDirectory(blobs);
        return path;
      }
      await rm(incomplete, { force: true });
      failure = downloadFault(
        `the checksum must be ${file.hash}`,
        'another one',
        withoutQuery(url),
        'Run it again; if it stays wrong, something on the way changes the file.',
      );
    } catch (error) {
      patience.signal?.throwIfAborted();
      const code = fileErrorCode(error);
      // What the disk refuses, another try does not mend.
      if (code && ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EFBIG', 'EIO'].includes(code))
        throw explainFileError('downloadModel', 'write', incomplete, error);
      const isOurs = error instanceof Error && error.message.startsWith('[@marco-ts/');
      failure = isOurs ? error : networkFault(error, url);
      if (isFinal(error)) throw failure;
    }
    if (((await sizeOf(incomplete)) ?? 0) > before) attempt = 1;
    if (attempt >= patience.maxAttempts) throw failure;
    await pause(attempt, patience);
  }
}

/** @returns whether the file is whole and its checksum right */
async function receive(file: HubFile, path: string, options: DownloadFileOptions): Promise<boolean> {
  const { sizeBytes } = file;
  const handle = await open(path, 'a+');
  try {
    let received = (await handle.stat()).size;
    if (received > sizeBytes) received = await empty(handle);
    let hash = await startHash(file, handle, received);
    if (received < sizeBytes) {
      const response = await request(options, received);
      if (received > 0 && !continuesAt(response, received)) {
        received = await empty(handle);
        hash = await startHash(file, handle, 0);
        // The server has no such place: ask for the whole in the next try.
        if (response.status === 416) {
          await response.body?.cancel();
          throw new Error('no place to go on from');
        }
      }
      options.onBytes(received);
      for await (const bytes of readBody(response, options.patience)) {
        received += bytes.length;
        if (received > sizeBytes) {
          await empty(handle);
          throw tooMany(file, options.url);
        }
        hash.update(bytes);
        await writeFully(handle, bytes);
        options.onBytes(received);
      }
      if (received < sizeBytes) throw tooFew(file, received, options.url);
    }
    await handle.sync();
    return hash.digest('hex') === file.hash;
  } finally {
    await handle.close();
  }
}

async function request({ fetch, url, headers }: DownloadFileOptions, from: number): Promise<Response> {
  return fetch(url, {
    headers: { ...headers, 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) },
  });
}

function continuesAt(response: Response, from: number): boolean {
  return response.status === 206 && new RegExp(`^bytes ${from}-`).test(response.headers.get('content-range') ?? '');
}

async function* readBody(
  response: Response,
  { stallTimeoutMs, signal }: PatientFetchOptions,
): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      signal?.throwIfAborted();
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`silence for ${stallTimeoutMs} ms`)), stallTimeoutMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function startHash(file: HubFile, handle: FileHandle, received: number): Promise<Hash> {
  const isGit = file.hash.length === 40;
  const hash = createHash(isGit ? 'sha1' : 'sha256');
  if (isGit) hash.update(`blob ${file.sizeBytes}\0`);
  const read = (target: Uint8Array, position: number) => readFully(handle, target, position, 'the unfinished file');
  for await (const piece of readPieces({ read }, 0, received)) hash.update(piece);
  return hash;
}

async function empty(handle: FileHandle): Promise<0> {
  await handle.truncate(0);
  return 0;
}

function tooMany({ sizeBytes }: HubFile, url: string): Error {
  return downloadFault(`the file must have ${sizeBytes} bytes`, 'more', withoutQuery(url), 'Run it again.');
}

function tooFew({ sizeBytes }: HubFile, received: number, url: string): Error {
  return downloadFault(
    `the file must have ${sizeBytes} bytes`,
    `${received} (truncated)`,
    withoutQuery(url),
    'Run it again: what has arrived is kept.',
  );
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw explainFileError('downloadModel', 'read', path, error);
  }
}
