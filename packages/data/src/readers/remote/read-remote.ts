/**
 * A remote file as one stream, or a range of it; a connection that breaks is taken up at the byte where it broke.
 */
import {
  type NetworkOptions,
  pauseAfterFailure,
  RemoteError,
  type RemoteResponse,
  requestOnce,
  withRetries,
} from './remote-request.ts';

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** A file that changed between two requests is not one file. */
function expectSame(response: Response, etag: string | null): void {
  const now = response.headers.get('etag');
  if (etag !== null && now !== null && now !== etag) {
    throw new RemoteError(`the file changed while it was read, from version ${etag} to ${now}`, true);
  }
}

/** Where the bytes of an answer begin in the file. */
function startOf(response: Response): number {
  if (response.status !== 206) return 0;
  return Number(CONTENT_RANGE.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);
}

/** @throws RemoteError when all tries failed or the server refused */
export async function* streamRemote(location: string, network: NetworkOptions): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let etag: string | null = null;
  for (let numFailures = 0; ; ) {
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
    if (offset > 0 && etag !== null && !etag.startsWith('W/')) headers['if-range'] = etag;
    let answer: RemoteResponse | undefined;
    try {
      answer = await requestOnce(location, { headers }, network);
      const { response } = answer;
      expectSame(response, etag);
      etag ??= response.headers.get('etag');
      const start = startOf(response);
      if (!(start <= offset)) throw new RemoteError(`the server sent another range than the one from ${offset}`, true);
      // A server that knows no ranges sends all again: what was read already is passed over.
      let numToSkip = offset - start;
      for await (const chunk of response.body ?? []) {
        answer.keepAlive();
        const fresh = chunk.subarray(Math.min(numToSkip, chunk.length));
        numToSkip -= chunk.length - fresh.length;
        if (fresh.length === 0) continue;
        offset += fresh.length;
        // Bytes that arrive end the tries of this break: the next one begins to count anew.
        numFailures = 0;
        yield fresh;
      }
      return;
    } catch (error) {
      await pauseAfterFailure(error, ++numFailures, network);
    } finally {
      answer?.stop();
    }
  }
}

/** @returns exactly the bytes from `start` up to `end` */
export function readRemoteRange(
  location: string,
  start: number,
  end: number,
  network: NetworkOptions,
): Promise<Uint8Array> {
  return withRetries(network, async () => {
    const { response, stop } = await requestOnce(
      location,
      { headers: { range: `bytes=${start}-${end - 1}` } },
      network,
    );
    try {
      if (response.status !== 206 && start > 0) {
        await response.body?.cancel();
        throw new RemoteError('the server knows no byte ranges: copy the file here first', true);
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length < end - start)
        throw new RemoteError(`${bytes.length} bytes came where ${end - start} were asked for`, false);
      return bytes.subarray(0, end - start);
    } finally {
      stop();
    }
  });
}

/** @throws RemoteError when the server does not say */
export function remoteSizeBytes(location: string, network: NetworkOptions): Promise<number> {
  return withRetries(network, async () => {
    const { response, stop } = await requestOnce(location, { method: 'HEAD' }, network);
    stop();
    const length = response.headers.get('content-length');
    if (length === null) throw new RemoteError('the server does not say how long the file is', true);
    return Number(length);
  });
}
