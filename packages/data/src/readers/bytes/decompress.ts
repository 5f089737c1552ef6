/**
 * Plain, gzip and zstd contents as parts with offsets; damage becomes a part too, and bombs end the file.
 *
 * Units: a ratio is decompressed bytes over compressed ones.
 */
import type { Compression } from '../input-file.ts';
import type { ByteParts } from './byte-part.ts';
import { gunzipMembers } from './gunzip-members.ts';
import { unzstd } from './unzstd.ts';

async function* plain(stored: AsyncIterable<Uint8Array>): ByteParts {
  let offset = 0;
  try {
    for await (const bytes of stored) {
      yield { bytes, offset };
      offset += bytes.length;
    }
  } catch (error) {
    yield { offset, reason: 'unreadable', detail: systemErrorOf(error) };
  }
}

/** @returns the message of a disk or network error; anything else (an abort, a bug) is thrown on */
export function systemErrorOf(error: unknown): string {
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || typeof code !== 'string' || !/^[EZ]/.test(code)) throw error;
  return message.startsWith(code) ? message : `${code}: ${message}`;
}

/** @param stored bytes as they are in the file */
export function decompress(stored: AsyncIterable<Uint8Array>, compression: Compression): ByteParts {
  if (compression === 'gzip') return gunzipMembers(stored);
  return compression === 'zstd' ? unzstd(stored) : plain(stored);
}
