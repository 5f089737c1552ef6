/**
 * Opens a GGUF file: metadata and tensor list are read and checked at once, each tensor only when asked for, by positional reads.
 *
 * Source: docs/gguf.md of https://github.com/ggml-org/ggml.
 * Memory: the header; one tensor plus two buffers of 1 MiB at most. A damaged file is refused before anything larger than it can hold is allocated.
 */
import { explainFileError } from '../files/explain-file-error.ts';
import { openFileSource } from '../sources/file-source.ts';
import { type GgufFile, openGgufFrom } from './open-gguf-from.ts';

/**
 * @throws naming the path and the byte offset, key or tensor when the file is damaged, truncated, has overlapping or missing data, or cannot be read
 */
export async function openGguf(path: string): Promise<GgufFile> {
  try {
    return await openGgufFrom(await openFileSource(path));
  } catch (error) {
    throw explainFileError('openGguf', 'read', path, error);
  }
}
