/**
 * Data sets on the Hub, file by file, through the Hub's own cache directory.
 *
 * Source: the Hub's HTTP interface as `@huggingface/hub` speaks it.
 */
import { readFile } from 'node:fs/promises';
import { inputError } from '../input-error.ts';
import type { DatasetFiles } from './dataset-files.ts';

export interface HubDatasetOptions {
  readonly revision?: string | undefined;
  readonly accessToken?: string | undefined;
  /** default the Hub's usual cache */
  readonly cacheDirectory?: string | undefined;
  /** default the public Hub */
  readonly hubUrl?: string | undefined;
}

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
      const { downloadFileToCacheDir } = await import('@huggingface/hub');
      try {
        return await readFile(
          await downloadFileToCacheDir({
            ...common(path),
            path: file,
            ...(cacheDirectory !== undefined && { cacheDir: cacheDirectory }),
          }),
        );
      } catch (error) {
        throw hubError(`${path}/${file}`, error);
      }
    },
  };
}

function hubError(what: string, error: unknown): Error {
  return inputError(
    'hubDatasetFiles',
    `a data set must be readable on the Hub, got '${(error as Error).message}' at ${what}. Is it gated? Pass accessToken, or a local directory.`,
  );
}
