/**
 * A model behind an OpenAI-compatible server that answers evaluation requests.
 *
 * Log-likelihoods come from `POST /completions` with `echo` and `logprobs`; a context and its continuation are cut where the harness cuts them: by
 * the tokenizer where one is given (token ids are sent), else by asking how many tokens the context has alone. Texts are generated through
 * completions or chat.
 *
 * Source: `LocalCompletionsAPI` of lm-evaluation-harness 0.4.
 * Differs: what the server fails to answer is counted, named and left out of the scores; after several failures in a row the evaluation ends, since
 * the server is gone or serves no log-probabilities. Units: nats, tokens.
 */
import type { Tokenizer } from '@marco-ts/tokenizer';
import { countBytes } from '../count-bytes.ts';
import { inputError } from '../input-error.ts';
import { pythonRightStrip } from '../python-text.ts';
import { inParallel } from '../server/in-parallel.ts';
import { postJson, ServerFault, type ServerOptions } from '../server/post-json.ts';
import { chatText } from '../tasks/judge/chat-endpoint.ts';
import { deduplicate } from './deduplicate.ts';
import { encodePair } from './encode-pair.ts';
import type { FailedResponse, LanguageModel, RequestNotice, RequestOptions } from './language-model.ts';
import { rollingWindows } from './rolling-windows.ts';

/** The server, its model, and how requests are sent. */
export interface OpenAiLanguageModelOptions extends ServerOptions {
  /** the server's name for it */
  readonly model: string;
  /** requests at the same time; default 4 */
  readonly concurrency?: number | undefined;
  /** where known, token ids are sent and texts that do not fit are shortened here; without it the server refuses them */
  readonly tokenizer?: Tokenizer | undefined;
  /** tokens that the server takes, prompt and answer together; counts with `tokenizer` alone; default 2048 */
  readonly maxLength?: number | undefined;
  /** stands before a text that has nothing before it, where there is no tokenizer; default '<|endoftext|>' */
  readonly prefixText?: string | undefined;
  /** default 'completions'; 'chat' sends the prompt as one message of a user */
  readonly generateWith?: 'completions' | 'chat' | undefined;
  /** requests that may fail one after the other; default 8 */
  readonly maxFailuresInARow?: number | undefined;
  /** default `model` */
  readonly name?: string | undefined;
}

/** Log-probability of a token given those before it; null for the first. */
interface ScoredToken {
  readonly logProb: number | null;
  readonly isBest: boolean;
}

/** Servers without an answer of no token still score the prompt. */
const SCORING = { max_tokens: 1, temperature: 0, echo: true, logprobs: 1 } as const;

/** @throws Error (on use) naming the server when it refuses the model or the key, or fails `maxFailuresInARow` times */
export function openAiLanguageModel(options: OpenAiLanguageModelOptions): LanguageModel {
  const { model, tokenizer, concurrency = 4, maxLength = 2048, prefixText = '<|endoftext|>' } = options;
  const { generateWith = 'completions', maxFailuresInARow = 8, name = model } = options;
  const notices: RequestNotice[] = [];
  let numFailuresInARow = 0;

  const post = (path: string, body: object, signal: AbortSignal | undefined): Promise<unknown> =>
    postJson(options, path, { model, ...body }, signal);

  /** Asks for every item; one that fails is named and becomes what `failed` makes of it. */
  const askAll = async <Item extends { readonly index: number; readonly excerpt: string }, Answer>(
    request: RequestNotice['request'],
    items: readonly Item[],
    { onProgress }: RequestOptions,
    ask: (item: Item) => Promise<Answer>,
    failed: (failure: FailedResponse) => Answer,
  ): Promise<Answer[]> => {
    let done = 0;
    return inParallel(items, concurrency, async (item) => {
      let answer: Answer;
      try {
        answer = await ask(item);
        numFailuresInARow = 0;
      } catch (error) {
        if (!(error instanceof ServerFault)) throw error;
        const isFatal = [401, 403, 404].includes(error.status!) || ++numFailuresInARow >= maxFailuresInARow;
        if (isFatal) {
          throw inputError(
            'openAiLanguageModel',
            `the server must answer ${request} requests of '${model}', got ${error.message}. ` +
              'Is it running, is this one of its models, and does it serve completions with echo and logprobs?',
          );
        }
        notices.push({
          request,
          kind: 'failed',
          index: item.index,
          numTokens: 0,
          maxTokens: maxLength,
          reason: error.message,
          excerpt: item.excerpt,
        });
        answer = failed({ failed: `the server failed: ${error.message}` });
      }
      onProgress?.(++done, items.length);
      return answer;
    });
  };

  /** Scores a prompt; @returns one for each of its tokens */
  const score = async (prompt: string | Int32Array, signal: AbortSignal | undefined): Promise<ScoredToken[]> => {
    const sent = typeof prompt === 'string' ? prompt : [...prompt];
    const answer = (await post('completions', { prompt: sent, ...SCORING }, signal)) as CompletionAnswer;
    const numTokens = typeof prompt === 'string' ? numPromptTokens(answer) : prompt.length;
    const { token_logprobs: logProbs, top_logprobs: top } = answer.choices?.[0]?.logprobs ?? {};
    if (!Array.isArray(logProbs) || logProbs.length < numTokens || !Array.isArray(top)) {
      throw new ServerFault(`no log-probabilities of the ${numTokens} tokens of the prompt from ${options.baseUrl}`);
    }
    return logProbs.slice(0, numTokens).map((logProb: number | null, position) => {
      if (position > 0 && !Number.isFinite(logProb)) {
        throw new ServerFault(`the log-probability ${logProb} at token ${position} from ${options.baseUrl}`);
      }
      const others = Object.values<number>(top[position] ?? {});
      return { logProb, isBest: others.every((other) => other <= (logProb ?? 0)) };
    });
  };

  const headLengths = new Map<string, Promise<number>>();
  const countTokens = (text: string, signal: AbortSignal | undefined): Promise<number> => {
    const known = headLengths.get(text);
    if (known) return known;
    const asked = post('completions', { prompt: text, max_tokens: 1, temperature: 0 }, signal).then((answer) =>
      numPromptTokens(answer as CompletionAnswer),
    );
    headLengths.set(text, asked);
    // A failure is not remembered.
    asked.catch(() => headLengths.delete(text));
    return asked;
  };

  const encode = (text: string): Int32Array => tokenizer!.encode(text, { addSpecialTokens: false });
  /** The tokens of a continuation, scored. */
  const scoreContinuation = async (
    { context, continuation, index }: { context: string; continuation: string; index: number },
    signal: AbortSignal | undefined,
  ): Promise<ScoredToken[] | { refused: number }> => {
    if (tokenizer) {
      const pair = encodePair(encode, context, continuation, tokenizer.eosTokenId);
      const numTokens = pair.continuation.length;
      // One token is left for the answer that servers want to give, one for what predicts the first.
      const room = maxLength - 1;
      if (numTokens >= room) {
        notices.push(notice('refused', index, numTokens, room - 1, continuation));
        return { refused: numTokens };
      }
      const whole = Int32Array.from([...pair.context, ...pair.continuation]);
      if (whole.length > room) notices.push(notice('truncated', index, whole.length, room, context));
      return (await score(whole.subarray(Math.max(0, whole.length - room)), signal)).slice(-numTokens);
    }
    const kept = pythonRightStrip(context);
    const head = kept === '' ? prefixText : kept;
    const numBefore = await countTokens(head, signal);
    const own = (await score(head + context.slice(kept.length) + continuation, signal)).slice(numBefore);
    if (own.length > 0) return own;
    throw inputError('loglikelihood', `a continuation must have a token of its own, got '${continuation}'.`);
  };

  return {
    name,
    notices,

    async loglikelihood(requests, requestOptions = {}) {
      const { distinct, slots } = deduplicate(requests, ({ context, continuation }) =>
        JSON.stringify([context, continuation]),
      );
      const answers = await askAll(
        'loglikelihood',
        distinct.map((index) => ({ ...requests[index]!, index, excerpt: requests[index]!.continuation.slice(0, 80) })),
        requestOptions,
        async (item) => {
          const tokens = await scoreContinuation(item, requestOptions.signal);
          if ('refused' in tokens) return { logProb: Number.NaN, isGreedy: false, numTokens: tokens.refused };
          return {
            logProb: sumOf(tokens),
            isGreedy: tokens.every(({ isBest }) => isBest),
            numTokens: tokens.length,
          };
        },
        (failure) => ({ logProb: Number.NaN, isGreedy: false, numTokens: 0, ...failure }),
      );
      return slots.map((slot) => answers[slot]!);
    },

    async loglikelihoodRolling(texts, requestOptions = {}) {
      const { signal } = requestOptions;
      const { distinct, slots } = deduplicate(texts, (text) => text);
      const answers = await askAll(
        'loglikelihoodRolling',
        distinct.map((index) => ({ text: texts[index]!, index, excerpt: texts[index]!.slice(0, 80) })),
        requestOptions,
        async ({ text, index }) => {
          const numBytes = countBytes(text);
          if (!tokenizer) {
            const tokens = await scoreContinuation({ context: '', continuation: text, index }, signal);
            return { logProb: sumOf(tokens as ScoredToken[]), numTokens: (tokens as ScoredToken[]).length, numBytes };
          }
          const ids = encode(text);
          let logProb = 0;
          for (const { input, targets } of rollingWindows(ids, tokenizer.eosTokenId, maxLength - 2)) {
            const whole = Int32Array.from([...input, targets.at(-1)!]);
            logProb += sumOf((await score(whole, signal)).slice(-targets.length));
          }
          return { logProb, numTokens: ids.length, numBytes };
        },
        (failure) => ({ logProb: Number.NaN, numTokens: 0, numBytes: 0, ...failure }),
      );
      return slots.map((slot) => answers[slot]!);
    },

    async generateUntil(requests, requestOptions = {}) {
      const { signal } = requestOptions;
      const { distinct, slots } = deduplicate(requests, ({ prompt, until, maxNewTokens }) =>
        JSON.stringify([prompt, until, maxNewTokens]),
      );
      const answers = await askAll<{ index: number; excerpt: string }, string | FailedResponse>(
        'generateUntil',
        distinct.map((index) => ({ index, excerpt: requests[index]!.prompt.slice(0, 80) })),
        requestOptions,
        async ({ index }) => {
          const { prompt, until, maxNewTokens } = requests[index]!;
          const stops = until.filter((stop) => stop !== '');
          // Servers take four stops at most; the text is cut at all of them below.
          const body = {
            max_tokens: maxNewTokens,
            temperature: 0,
            ...(stops.length > 0 && { stop: stops.slice(0, 4) }),
          };
          const text =
            generateWith === 'chat'
              ? chatText(
                  await post('chat/completions', { messages: [{ role: 'user', content: prompt }], ...body }, signal),
                )
              : completionText(
                  await post('completions', { prompt: prompt === '' ? prefixText : prompt, ...body }, signal),
                );
          return cutBefore(text, stops);
        },
        (failure) => failure,
      );
      return slots.map((slot) => answers[slot]!);
    },
  };

  function notice(
    kind: 'refused' | 'truncated',
    index: number,
    numTokens: number,
    maxTokens: number,
    text: string,
  ): RequestNotice {
    return { request: 'loglikelihood', kind, index, numTokens, maxTokens, excerpt: text.slice(0, 80) };
  }
}

interface CompletionAnswer {
  readonly choices?: readonly {
    readonly text?: unknown;
    readonly logprobs?: {
      readonly token_logprobs?: readonly (number | null)[];
      readonly top_logprobs?: readonly (Readonly<Record<string, number>> | null)[];
    } | null;
  }[];
  readonly usage?: { readonly prompt_tokens?: unknown };
}

function numPromptTokens({ usage }: CompletionAnswer): number {
  const count = usage?.prompt_tokens;
  if (typeof count === 'number') return count;
  throw new ServerFault('no usage.prompt_tokens in the answer: give the tokenizer, so that tokens are counted here');
}

function completionText(answer: unknown): string {
  const text = (answer as CompletionAnswer)?.choices?.[0]?.text;
  if (typeof text === 'string') return text;
  throw new ServerFault(`no choices[0].text in ${JSON.stringify(answer)?.slice(0, 200)}`);
}

function cutBefore(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((end) => end >= 0);
  return ends.length > 0 ? text.slice(0, Math.min(...ends)) : text;
}

function sumOf(tokens: readonly ScoredToken[]): number {
  return tokens.reduce((sum, { logProb }) => sum + (logProb ?? 0), 0);
}
