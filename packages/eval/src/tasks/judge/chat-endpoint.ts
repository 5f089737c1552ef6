/**
 * A chat model behind an OpenAI-compatible server, such as the judge of MT-Bench.
 *
 * Source: the `POST /chat/completions` request that OpenAI defined and local servers answer as well.
 */
import { inputError } from '../../input-error.ts';
import { postJson, ServerFault, type ServerOptions } from '../../server/post-json.ts';
import type { ChatMessage } from '../definition/build-context.ts';

/** Answers a conversation with the next turn's text. */
export type ChatModel = (
  messages: readonly ChatMessage[],
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<string>;

/** The server, its model, and how it answers. */
export interface ChatEndpointOptions extends ServerOptions {
  readonly model: string;
  /** default 0 */
  readonly temperature?: number | undefined;
  /** default 2048 */
  readonly maxTokens?: number | undefined;
}

/** @throws Error (on use) naming the server when it does not answer, refuses, or answers without a text */
export function chatEndpoint(options: ChatEndpointOptions): ChatModel {
  const { model, temperature = 0, maxTokens = 2048 } = options;
  return async (messages, { signal } = {}) => {
    try {
      const body = { model, messages, temperature, max_tokens: maxTokens };
      return chatText(await postJson(options, 'chat/completions', body, signal));
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      throw inputError(
        'chatEndpoint',
        `the server must answer with a text, got ${error.message}. Is it running, and is '${model}' one of its models?`,
      );
    }
  };
}

/** @throws ServerFault where the answer holds no text */
export function chatText(answer: unknown): string {
  const text = (answer as { choices?: readonly { message?: { content?: unknown } }[] })?.choices?.[0]?.message?.content;
  if (typeof text === 'string') return text;
  throw new ServerFault(`no choices[0].message.content in ${JSON.stringify(answer)?.slice(0, 200)}`);
}
