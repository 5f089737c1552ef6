/**
 * A file whose bytes can be read at any place: on the disk, or remote through ranges.
 */
import { open } from 'node:fs/promises';
import { readRemoteRange, remoteSizeBytes } from '../remote/read-remote.ts';
import { isRemote, type NetworkOptions } from '../remote/remote-request.ts';

export interface RandomAccess {
  readonly sizeBytes: number;
  /** @returns exactly the bytes from `start` up to `end` */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function openRandomAccess(location: string, network: NetworkOptions): Promise<RandomAccess> {
  if (isRemote(location)) {
    const sizeBytes = await remoteSizeBytes(location, network);
    return { sizeBytes, read: (start, end) => readRemoteRange(location, start, end, network), close: async () => {} };
  }
  const file = await open(location, 'r');
  const { size } = await file.stat();
  return {
    sizeBytes: size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, at, bytes.length - at, start + at);
        if (bytesRead === 0) throw Object.assign(new Error(`the file ends at byte ${start + at}`), { code: 'EOF' });
        at += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
