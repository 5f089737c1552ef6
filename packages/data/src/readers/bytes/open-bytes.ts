/**
 * The contents of a file as a stream of parts: from the disk or over the network, decompressed, with the offset of each part.
 */
import { createReadStream } from 'node:fs';
import type { InputFile } from '../input-file.ts';
import { streamRemote } from '../remote/read-remote.ts';
import { isRemote, type NetworkOptions } from '../remote/remote-request.ts';
import type { ByteParts } from './byte-part.ts';
import { decompress } from './decompress.ts';

const CHUNK_BYTES = 1 << 18;

async function* localBytes(location: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(location, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    stream.destroy();
    if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  }
}

/** @returns parts in order; errors of the disk or network come as damage, so that the caller reports them with their place */
export function openBytes(file: Pick<InputFile, 'location' | 'compression'>, network: NetworkOptions = {}): ByteParts {
  const { location, compression } = file;
  return decompress(
    isRemote(location) ? streamRemote(location, network) : localBytes(location, network.signal),
    compression,
  );
}
