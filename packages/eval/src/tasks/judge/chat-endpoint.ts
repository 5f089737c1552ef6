/**
 * A chat model behind an OpenAI-compatible server, such as the judge of MT-Bench.
 *
 * Source: the `POST /chat/completions` request that OpenAI defined and local servers answer as well.
 * Units: timeouts in milliseconds.
 */
import { inputError } from '../../input-error.ts';
import type { ChatMessage } from '../definition/build-context.ts';

export type ChatModel = (
  messages: readonly ChatMessage[],
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<string>;

export interface ChatEndpointOptions {
  /** such as 'http://127.0.0.1:8080/v1' */
  readonly baseUrl: string;
  readonly model: string;
  /** sent as a bearer token, never shown */
  readonly apiKey?: string | undefined;
  /** default 0 */
  readonly temperature?: number | undefined;
  /** default 2048 */
  readonly maxTokens?: number | undefined;
  /** of one try; default 120,000 */
  readonly timeoutMs?: number | undefined;
  /** tries on time-outs, lost connections, 429 and 5xx; default 4 */
  readonly maxAttempts?: number | undefined;
  /** before the second try, doubled each time; default 1000 */
  readonly retryAfterMs?: number | undefined;
}

/** @throws Error (on use) naming the server when it does not answer, refuses, or answers without a text */
export function chatEndpoint(options: ChatEndpointOptions): ChatModel {
  const { baseUrl, model, apiKey, temperature = 0, maxTokens = 2048 } = options;
  const { timeoutMs = 120_000, maxAttempts = 4, retryAfterMs = 1000 } = options;
  const url = `${baseUrl.replace(/\/+$/, '')}/chat/completions`;
  const headers = {
    'content-type': 'application/json',
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };

  return async (messages, { signal } = {}) => {
    const body = JSON.stringify({ model, messages, temperature, max_tokens: maxTokens });
    let fault = '';
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      signal?.throwIfAborted();
      if (attempt > 1) await pause(retryAfterMs * 2 ** (attempt - 2), signal);
      try {
        const ownSignal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
        const response = await fetch(url, { method: 'POST', headers, body, signal: ownSignal });
        if (response.ok) return textOf(await response.json(), url);
        fault = `status ${response.status}: ${(await response.text()).slice(0, 200)}`;
        if (response.status !== 429 && response.status < 500) break;
      } catch (error) {
        signal?.throwIfAborted();
        if ((error as Error).message.startsWith('[@marco-ts/')) throw error;
        fault =
          (error as Error).name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : `${(error as Error).message}`;
      }
    }
    throw inputError(
      'chatEndpoint',
      `the server must answer, got ${fault} at ${url}. Is it running, and is '${model}' one of its models?`,
    );
  };
}

function textOf(answer: unknown, url: string): string {
  const text = (answer as { choices?: readonly { message?: { content?: unknown } }[] })?.choices?.[0]?.message?.content;
  if (typeof text === 'string') return text;
  throw inputError(
    'chatEndpoint',
    `an answer must hold choices[0].message.content, got ${JSON.stringify(answer)?.slice(0, 200)} at ${url}.`,
  );
}

async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, durationMs);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
