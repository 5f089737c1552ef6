/**
 * Bytes in memory, or those of a Blob (a file that the user of a page chose), as a source.
 */
import { type ByteSource, endedEarly } from './byte-source.ts';

/**
 * Bytes that are in memory already, as a source; they are not copied.
 *
 * @param path what errors call it
 */
export function bytesSource(bytes: ArrayBuffer | Uint8Array, path = 'bytes in memory'): ByteSource {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  return {
    path,
    sizeBytes: all.length,
    async read(target, position) {
      if (position + target.length > all.length) throw endedEarly(path, all.length);
      target.set(all.subarray(position, position + target.length));
    },
    async close() {},
  };
}

/** Only what is asked for is read from the Blob. */
export function blobSource(blob: Blob, path = 'name' in blob ? String(blob.name) : 'a Blob'): ByteSource {
  return {
    path,
    sizeBytes: blob.size,
    async read(target, position) {
      const bytes = new Uint8Array(await blob.slice(position, position + target.length).arrayBuffer());
      if (bytes.length < target.length) throw endedEarly(path, position + bytes.length);
      target.set(bytes);
    },
    async close() {},
  };
}
