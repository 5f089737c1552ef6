/**
 * Opens a safetensors file: the header is read and checked at once, each tensor only when asked for, by positional reads.
 *
 * Memory: one tensor plus two buffers of 1 MiB at most. A damaged file is refused before anything larger than its header is allocated.
 */
import { explainFileError } from '../files/explain-file-error.ts';
import { openFileSource } from '../sources/file-source.ts';
import { openSafetensorsFrom, type SafetensorsFile } from './open-safetensors-from.ts';

/**
 * @throws naming the path and the byte offset or tensor when the file is damaged, truncated, has overlapping or missing data, or cannot be read
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensorsFrom(await openFileSource(path));
  } catch (error) {
    throw explainFileError('openSafetensors', 'read', path, error);
  }
}
