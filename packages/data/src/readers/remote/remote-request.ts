/**
 * Requests for files on web servers and in S3-compatible stores, tried again when the network or the server fails.
 *
 * Source: RFC 9110; AWS Signature Version 4 through npm `aws4fetch`. Buckets are addressed by path, which every compatible server takes.
 * Credentials come from the options or from the variables that every S3 tool reads (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
 * AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL); without any, requests are not signed, as public buckets want it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';

export interface S3Options {
  /** For example `https://s3.eu-central-1.amazonaws.com`, or the address of another store. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
}

export interface NetworkOptions {
  readonly s3?: S3Options;
  /** Tries of one request, 5 without one; a try that brought bytes starts the count anew. */
  readonly maxTries?: number;
  /** Wait after the first failure, doubled after each further one; 500 without one. */
  readonly retryDelayMs?: number;
  /** Longest silence of a server; 60 000 without one. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const isS3 = (location: string): boolean => /^s3:/i.test(location);
export const isRemote = (location: string): boolean => /^(?:https?|s3):\/\//i.test(location);

/** What the server said that no further try would change, or the last failure of all tries. */
export class RemoteError extends Error {
  readonly code = 'EREMOTE';
  readonly isFinal: boolean;

  constructor(message: string, isFinal: boolean, cause?: unknown) {
    super(message, { cause });
    this.isFinal = isFinal;
  }
}

const DEFAULTS = { maxTries: 5, retryDelayMs: 500, timeoutMs: 60_000 };
const RETRIED_STATUS = new Set([408, 425, 429]);

/** `s3://bucket/key` as the address of its store. */
export function urlOf(location: string, s3: S3Options = {}): URL {
  if (!isS3(location)) return new URL(location);
  const region = s3.region ?? process.env.AWS_REGION ?? 'us-east-1';
  const endpoint = s3.endpoint ?? process.env.AWS_ENDPOINT_URL ?? `https://s3.${region}.amazonaws.com`;
  const path = location.slice('s3://'.length).split('/').map(encodeURIComponent).join('/');
  return new URL(`${endpoint.replace(/\/$/, '')}/${path}`);
}

/** Headers that proxies may change are set after signing. */
async function signed(
  url: URL,
  init: RequestInit,
  unsignedHeaders: Readonly<Record<string, string>>,
  s3: S3Options = {},
): Promise<Request> {
  const accessKeyId = s3.accessKeyId ?? process.env.AWS_ACCESS_KEY_ID;
  const secretAccessKey = s3.secretAccessKey ?? process.env.AWS_SECRET_ACCESS_KEY;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    return new Request(url, { ...init, headers: unsignedHeaders });
  }
  const sessionToken = s3.sessionToken ?? process.env.AWS_SESSION_TOKEN;
  const region = s3.region ?? process.env.AWS_REGION ?? 'us-east-1';
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    region,
    service: 's3',
    ...(sessionToken ? { sessionToken } : {}),
  });
  const request = await client.sign(url.href, init);
  for (const [name, value] of Object.entries(unsignedHeaders)) request.headers.set(name, value);
  return request;
}

async function failureOf(response: Response, location: string): Promise<RemoteError | undefined> {
  const { status, headers } = response;
  const coding = headers.get('content-encoding') ?? 'identity';
  if (response.ok && coding === 'identity') return undefined;
  await response.body?.cancel();
  if (response.ok)
    return new RemoteError(
      `the server sent ${coding}-coded content where plain bytes were asked for: ${location}`,
      true,
    );
  return new RemoteError(`status ${status} ${response.statusText}`.trim(), status < 500 && !RETRIED_STATUS.has(status));
}

/** A wait as long as the server asks for, within reason. */
const retryAfterMs = (response: Response): number =>
  Math.min(Number(response.headers.get('retry-after')) || 0, 60) * 1000;

/** Waits before the next try. @throws RemoteError where there is none; the signal's reason when aborted */
export async function pauseAfterFailure(error: unknown, numFailures: number, network: NetworkOptions): Promise<void> {
  const { maxTries = DEFAULTS.maxTries, retryDelayMs = DEFAULTS.retryDelayMs, signal } = network;
  signal?.throwIfAborted();
  if (error instanceof RemoteError && error.isFinal) throw error;
  if (numFailures >= maxTries) {
    const { message, cause } = error as Error;
    const detail = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new RemoteError(`${detail}, after ${maxTries} tries`, true, error);
  }
  await sleep(retryDelayMs * 2 ** (numFailures - 1), undefined, signal === undefined ? {} : { signal });
}

/** Runs `attempt` until it succeeds, fails for good, or has failed too often. */
export async function withRetries<Result>(network: NetworkOptions, attempt: () => Promise<Result>): Promise<Result> {
  for (let numFailures = 0; ; ) {
    network.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      await pauseAfterFailure(error, ++numFailures, network);
    }
  }
}

export interface RemoteResponse {
  readonly response: Response;
  /** Puts the end of patience off by `timeoutMs`; called by whoever receives bytes. */
  keepAlive(): void;
  stop(): void;
}

/** One try of one request. @throws RemoteError, or what `fetch` throws */
export async function requestOnce(
  location: string,
  init: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
  },
  network: NetworkOptions,
): Promise<RemoteResponse> {
  const { timeoutMs = DEFAULTS.timeoutMs } = network;
  const url = urlOf(location, network.s3);
  for (const [key, value] of Object.entries(init.query ?? {})) url.searchParams.set(key, value);
  const headers = { 'accept-encoding': 'identity', ...init.headers };
  const method = init.method ?? 'GET';
  const request = isS3(location)
    ? await signed(url, { method }, headers, network.s3)
    : new Request(url, { method, headers });
  const patience = new AbortController();
  const giveUp = (): void => patience.abort(new RemoteError(`no byte for ${timeoutMs} ms`, false));
  let timer = setTimeout(giveUp, timeoutMs);
  const signal = network.signal === undefined ? patience.signal : AbortSignal.any([network.signal, patience.signal]);
  try {
    const response = await fetch(request, { signal });
    const failure = await failureOf(response, location);
    if (failure !== undefined) {
      const waitMs = failure.isFinal ? 0 : retryAfterMs(response);
      if (waitMs > 0) await sleep(waitMs, undefined, network.signal === undefined ? {} : { signal: network.signal });
      throw failure;
    }
    return {
      response,
      keepAlive() {
        clearTimeout(timer);
        timer = setTimeout(giveUp, timeoutMs);
      },
      stop: () => clearTimeout(timer),
    };
  } catch (error) {
    clearTimeout(timer);
    throw error;
  }
}
