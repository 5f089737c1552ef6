/**
 * SHA-256 of a file's contents, read in pieces so that the size does not matter.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { explainFileError } from './explain-file-error.ts';

const CHUNK_BYTES = 1 << 20;

/** @returns 64 hexadecimal digits in lower case */
export async function sha256File(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const hash = createHash('sha256');
      const chunk = new Uint8Array(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
        if (bytesRead === 0) return hash.digest('hex');
        hash.update(chunk.subarray(0, bytesRead));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explainFileError('sha256File', 'read', path, error);
  }
}
