/**
 * Data sets on the Hub, file by file, kept in a cache directory.
 *
 * Source: the Hub's HTTP interface as `@huggingface/hub` speaks it.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inputError } from '../input-error.ts';
import type { DatasetFiles } from './dataset-files.ts';

/** Which state of the sets, from where, and where files are kept. */
export interface HubDatasetOptions {
  readonly revision?: string | undefined;
  readonly accessToken?: string | undefined;
  /** keeps what was read, by set and revision; without it files are fetched anew */
  readonly cacheDirectory?: string | undefined;
  /** default the public Hub */
  readonly hubUrl?: string | undefined;
}

/** @returns files of sets on the Hub, each fetched when it is first read */
export function hubDatasetFiles(options: HubDatasetOptions = {}): DatasetFiles {
  const { revision, accessToken, cacheDirectory, hubUrl } = options;
  const common = (path: string) => ({
    repo: { type: 'dataset' as const, name: path },
    ...(revision !== undefined && { revision }),
    ...(accessToken !== undefined && { accessToken }),
    ...(hubUrl !== undefined && { hubUrl }),
  });
  return {
    place: `the Hub${hubUrl === undefined ? '' : ` at ${hubUrl}`}`,
    async list(path) {
      const { listFiles } = await import('@huggingface/hub');
      const files: string[] = [];
      try {
        for await (const entry of listFiles({ ...common(path), recursive: true })) {
          if (entry.type === 'file') files.push(entry.path);
        }
      } catch (error) {
        throw hubError(path, error);
      }
      return files.sort();
    },
    async read(path, file) {
      const cached = cacheDirectory === undefined ? undefined : join(cacheDirectory, path, revision ?? 'main', file);
      if (cached !== undefined && existsSync(cached)) return readFile(cached);
      const { downloadFile } = await import('@huggingface/hub');
      let bytes: Uint8Array;
      try {
        const blob = await downloadFile({ ...common(path), path: file });
        if (blob === null) throw new Error('no such file');
        bytes = new Uint8Array(await blob.arrayBuffer());
      } catch (error) {
        throw hubError(`${path}/${file}`, error);
      }
      if (cached !== undefined) await keep(cached, bytes);
      return bytes;
    },
  };
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, bytes);
  await rename(temporary, path);
}

function hubError(what: string, error: unknown): Error {
  const { message, cause } = error as Error;
  // `fetch` says only that it failed; why is in its cause.
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  return inputError(
    'hubDatasetFiles',
    `a data set must be readable on the Hub, got '${why}' at ${what}. Without a network take a local directory; for a gated set pass accessToken.`,
  );
}
