/**
 * A chat model behind any server that speaks the OpenAI API.
 *
 * Tried again: lost connections, silence, cut or malformed bodies, 408, 425, 429 and 5xx, after the time that the server asks for or a doubling
 * wait. Source: the OpenAI API reference, chat completions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { RemoteError, withRetries } from '../readers/remote/remote-request.ts';
import { type GeneratedText, GenerationError, type TextGenerator } from './text-generator.ts';

/** The server, its model, and how patiently it is asked. */
export interface OpenAiTextGeneratorOptions {
  /** For example `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as bearer token, never shown. */
  readonly apiKey?: string;
  /** Tries of one request. @default 5 */
  readonly maxTries?: number;
  /** Wait after the first failure, doubled after each further one. @default 1000 */
  readonly retryDelayMs?: number;
  /** Longest wait that a server may ask for. @default 60_000 */
  readonly maxRetryAfterMs?: number;
  /** Longest time of one try. @default 300_000 */
  readonly timeoutMs?: number;
  /** Longest body of an answer. @default 4 MiB */
  readonly maxAnswerBytes?: number;
}

const RETRIED_STATUS = new Set([408, 425, 429]);
/** The address, the key or the model is wrong. */
const HOPELESS_STATUS = new Set([401, 403, 404, 405]);

const answerSchema = z.object({
  choices: z
    .array(z.object({ message: z.object({ content: z.string() }), finish_reason: z.string().nullish() }))
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

/** A status that no further try would change. */
class FinalStatus extends RemoteError {
  readonly isHopeless: boolean;
  constructor(message: string, status: number) {
    super(message, true);
    this.isHopeless = HOPELESS_STATUS.has(status);
  }
}

/** @throws Error for an address that is none */
export function openAiTextGenerator(options: OpenAiTextGeneratorOptions): TextGenerator {
  const { model, apiKey, maxTries = 5, retryDelayMs = 1000 } = options;
  if (!URL.canParse(options.baseUrl)) {
    throw new GenerationError(
      `openAiTextGenerator: baseUrl must be an address, got ${JSON.stringify(options.baseUrl)}. Write it like http://127.0.0.1:8000/v1.`,
      true,
    );
  }
  const url = `${options.baseUrl.replace(/\/+$/, '')}/chat/completions`;
  return {
    name: model,
    async generate({ messages, maxNewTokens, temperature = 1, topP, seed }, signal) {
      const body = JSON.stringify({
        model,
        messages,
        max_tokens: maxNewTokens,
        temperature,
        ...(topP !== undefined && { top_p: topP }),
        ...(seed !== undefined && { seed }),
      });
      const headers = {
        'content-type': 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      };
      try {
        return await withRetries({ maxTries, retryDelayMs, ...(signal && { signal }) }, () =>
          ask(url, { method: 'POST', headers, body }, options, signal),
        );
      } catch (error) {
        signal?.throwIfAborted();
        throw new GenerationError(
          `openAiTextGenerator: the server must answer, got ${(error as Error).message} at ${url}. Check address, key and model.`,
          error instanceof FinalStatus && error.isHopeless,
          error,
        );
      }
    },
  };
}

async function ask(
  url: string,
  init: RequestInit,
  options: OpenAiTextGeneratorOptions,
  signal: AbortSignal | undefined,
): Promise<GeneratedText> {
  const { timeoutMs = 300_000, maxRetryAfterMs = 60_000, maxAnswerBytes = 2 ** 22 } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { ...init, signal: both });
    text = await readBody(response, maxAnswerBytes);
  } catch (error) {
    if (timeout.aborted) throw new RemoteError(`no answer within ${timeoutMs} ms`, false, error);
    throw error;
  }
  const { status } = response;
  if (!response.ok) {
    const message = `status ${status}: ${text.slice(0, 200)}`;
    if (status < 500 && !RETRIED_STATUS.has(status)) throw new FinalStatus(message, status);
    const waitMs = Math.min(1000 * (Number(response.headers.get('retry-after')) || 0), maxRetryAfterMs);
    if (waitMs > 0) await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
    throw new RemoteError(message, false);
  }
  return readAnswer(text);
}

/** @throws RemoteError where the body is longer than it may be: asking again would bring it again */
async function readBody(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let numBytes = 0;
  for await (const chunk of response.body ?? []) {
    numBytes += chunk.byteLength;
    if (numBytes > maxBytes) throw new RemoteError(`an answer of more than ${maxBytes} bytes`, true);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** @throws RemoteError for what is no answer; a try more may bring one */
function readAnswer(body: string): GeneratedText {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new RemoteError(`an answer that is not JSON, '${body.slice(0, 80)}'`, false, error);
  }
  const { success, data: answer, error } = answerSchema.safeParse(parsed);
  if (!success) {
    const [issue] = error.issues;
    throw new RemoteError(`an answer without ${issue!.path.join('.')}, '${body.slice(0, 80)}'`, false);
  }
  const [choice] = answer.choices;
  return {
    text: choice!.message.content,
    finishReason: choice!.finish_reason === 'length' ? 'length' : 'stop',
    numPromptTokens: answer.usage?.prompt_tokens ?? 0,
    numNewTokens: answer.usage?.completion_tokens ?? 0,
  };
}
