/**
 * One JSON request to a server, tried again where that can help: time-outs, lost connections, 408, 429 and 5xx.
 *
 * Units: milliseconds.
 */
import { setTimeout } from 'node:timers/promises';

export interface ServerOptions {
  /** such as 'http://127.0.0.1:8080/v1' */
  readonly baseUrl: string;
  /** sent as a bearer token, never shown */
  readonly apiKey?: string | undefined;
  /** of one try; default 120,000 */
  readonly timeoutMs?: number | undefined;
  /** default 4 */
  readonly maxAttempts?: number | undefined;
  /** before the second try, doubled each time, unless the server says how long; default 1000 */
  readonly retryAfterMs?: number | undefined;
}

/** What a server did wrong, with its address in the message. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault';
  /** of the last answer; undefined where none came, or where the answer itself is wrong */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/**
 * @param path below the server's address, such as 'completions'
 * @returns the parsed answer
 * @throws ServerFault when no try succeeds; the signal's reason when aborted
 */
export async function postJson(
  options: ServerOptions,
  path: string,
  body: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const { apiKey, timeoutMs = 120_000, maxAttempts = 4, retryAfterMs = 1000 } = options;
  const url = endpoint(options.baseUrl, path);
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  let fault = new ServerFault('');
  let pauseMs = 0;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    signal?.throwIfAborted();
    if (attempt > 0) await setTimeout(pauseMs, undefined, signal && { signal });
    pauseMs = retryAfterMs * 2 ** attempt;
    try {
      const ownSignal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: ownSignal });
      const text = await response.text();
      if (response.ok) return parse(text, url);
      fault = new ServerFault(`status ${response.status}: ${text.slice(0, 200)} at ${url}`, response.status);
      if (response.status !== 408 && response.status !== 429 && response.status < 500) break;
      pauseMs = 1000 * Number(response.headers.get('retry-after')) || pauseMs;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ServerFault) throw error;
      const { name, message, cause } = error as Error;
      const why = name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : ((cause as Error)?.message ?? message);
      fault = new ServerFault(`${why} at ${url}`);
    }
  }
  throw fault;
}

/** @throws TypeError where the address is none */
function endpoint(baseUrl: string, path: string): string {
  return new URL(`${baseUrl.replace(/\/+$/, '')}/${path}`).href;
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServerFault(`an answer that is not JSON, '${text.slice(0, 80)}', at ${url}`);
  }
}
