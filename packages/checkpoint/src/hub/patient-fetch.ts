/**
 * `fetch` that tries again after a failure that may pass, gives up on silence, and shows the access token to the Hub alone.
 *
 * Retried: no connection, status 408, 429 and 5xx. Units: milliseconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { downloadFault, networkFault, withoutQuery } from './download-fault.ts';

export interface PatientFetchOptions {
  readonly hubUrl: string;
  readonly fetch: typeof globalThis.fetch;
  /** Tries in all. */
  readonly maxAttempts: number;
  /** Wait before the second try; doubles with each one. */
  readonly retryDelayMs: number;
  /** Longest silence. */
  readonly stallTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What to do with the body: hand it on as it comes, read all of it within the same patience, or drop it because only the headers are of use. */
export type BodyUse = 'stream' | 'whole' | 'none';

const MAX_DELAY_MS = 60_000;

/** @throws by the returned function for statuses that another try would not change, saying what to do */
export function createPatientFetch(options: PatientFetchOptions, body: BodyUse): typeof globalThis.fetch {
  const { hubUrl, maxAttempts, stallTimeoutMs, signal } = options;
  const hubOrigin = new URL(hubUrl).origin;
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    if (new URL(url).origin !== hubOrigin) headers.delete('authorization');
    for (let attempt = 1; ; attempt++) {
      let failure: Error;
      try {
        const response = await withTimeout(async (timeout) => {
          const answer = await options.fetch(url, { ...init, headers, signal: both(timeout, init?.signal ?? signal) });
          return answer.ok ? useBody(answer, body) : answer;
        }, stallTimeoutMs);
        if (response.ok || response.status === 416) return response;
        await response.body?.cancel();
        failure = statusFault(response.status, url, headers.has('authorization'));
        if (response.status < 500 && response.status !== 408 && response.status !== 429) throw failure;
      } catch (error) {
        signal?.throwIfAborted();
        failure = error instanceof Error && error.message.startsWith('[@marco-ts/') ? error : networkFault(error, url);
        if (isFinal(error)) throw failure;
      }
      if (attempt >= maxAttempts) throw failure;
      await pause(attempt, options);
    }
  };
}

async function useBody(response: Response, body: BodyUse): Promise<Response> {
  if (body === 'whole') return new Response(await response.arrayBuffer(), response);
  if (body === 'none') await response.body?.cancel();
  return response;
}

/** Waits before try number `attempt` + 1. */
export async function pause(attempt: number, { retryDelayMs, signal }: PatientFetchOptions): Promise<void> {
  const delay = Math.min(MAX_DELAY_MS, retryDelayMs * 2 ** (attempt - 1));
  await sleep(delay, undefined, signal ? { signal } : {}).catch((error) => {
    throw signal?.aborted ? signal.reason : error;
  });
}

/** Whether another try would end the same way. */
export function isFinal(error: unknown): boolean {
  return error instanceof Error && 'isFinal' in error;
}

/** @throws when `work` takes longer; the signal it got is then aborted */
async function withTimeout<T>(work: (signal: AbortSignal) => Promise<T>, timeoutMs: number): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`silence for ${timeoutMs} ms`)), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

function both(one: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([one, other]) : one;
}

const STATUSES: Readonly<Record<number, readonly [string, string]>> = {
  401: [
    'no access',
    'The repository is private, gated or not there: check its name, accept its terms on its page, and pass a token that may read it.',
  ],
  403: ['access denied', 'Accept the terms on the page of the repository, or pass a token that may read it.'],
  404: ['nothing of that name', 'Check the names of the repository, the revision and the files.'],
};

function statusFault(status: number, url: string, withToken: boolean): Error {
  const [what, nextStep] = STATUSES[status] ?? [
    '',
    status >= 500 ? 'Run it again later: what has arrived is kept.' : 'Check the options.',
  ];
  const sent = status === 401 && withToken ? ' (a token was sent)' : '';
  const error = downloadFault(
    'the Hub must answer with success',
    `status ${status} ${what}`.trim() + sent,
    withoutQuery(url),
    nextStep,
  );
  return status < 500 && status !== 408 && status !== 429 ? Object.assign(error, { isFinal: true }) : error;
}
