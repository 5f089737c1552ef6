/**
 * A file behind an address, read in ranges by `fetch`: a page takes the tensors that it needs and no more.
 *
 * Source: RFC 9110, section 14 (range requests).
 */
import { type ByteSource, endedEarly } from './byte-source.ts';

/** How the address is asked. */
export interface UrlSourceOptions {
  /** Sent with every request, such as `authorization`; never part of an error. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** @default the global one */
  readonly fetch?: typeof fetch;
}

/** @throws naming the address without its query when the server refuses, or does not answer ranges */
export async function urlSource(url: string | URL, options: UrlSourceOptions = {}): Promise<ByteSource> {
  const address = new URL(url, globalThis.location?.href);
  const path = address.origin + address.pathname;
  const fault = (rule: string, got: string, nextStep: string): Error =>
    new Error(`[@marco-ts/checkpoint] urlSource: ${rule}, got ${got} at ${path}. ${nextStep}`);
  const request = async (begin: number, end: number): Promise<Response> => {
    const headers = { ...options.headers, range: `bytes=${begin}-${end - 1}` };
    const ask = options.fetch ?? fetch;
    const response = await ask(address, { headers, ...(options.signal && { signal: options.signal }) });
    if (response.status === 206) return response;
    await response.body?.cancel();
    const nextStep = 'Check the address, or read the whole file and give its bytes to bytesSource.';
    throw fault('the server must answer a range with status 206', `status ${response.status}`, nextStep);
  };

  const first = await request(0, 1);
  await first.body?.cancel();
  const size = /^bytes \d+-\d+\/(\d+)$/.exec(first.headers.get('content-range') ?? '')?.[1];
  if (size === undefined) {
    const got = JSON.stringify(first.headers.get('content-range'));
    throw fault('content-range must tell the size of the file', got, 'Let the server expose that header to the page.');
  }
  return {
    path,
    sizeBytes: Number(size),
    async read(target, position) {
      if (target.length === 0) return;
      const { body } = await request(position, position + target.length);
      let done = 0;
      for await (const piece of body ?? []) {
        target.set(piece.subarray(0, target.length - done), done);
        done = Math.min(target.length, done + piece.length);
      }
      if (done < target.length) throw endedEarly(path, position + done);
    },
    async close() {},
  };
}
