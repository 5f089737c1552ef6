/**
 * A Qwen2 model that answers evaluation requests.
 *
 * Equal requests are asked once, sorted by length, and batched; a text before several continuations, and a start that texts have in common, are
 * read once. Answers come back in the order asked and do not depend on the batch.
 *
 * Source: `HFLM` of lm-evaluation-harness 0.4 for tokenization, windows and truncation from the left.
 * Differs: what does not fit is counted and named in `notices`; a continuation longer than the window has logProb NaN, not a number
 * for a part of it. Units: nats, tokens.
 */
import type { ParamMap } from '@marco-ts/core';
import { generate, type Qwen2Config } from '@marco-ts/model';
import { createStreamingDecoder, type Tokenizer } from '@marco-ts/tokenizer';
import { countBytes } from '../count-bytes.ts';
import { inputError } from '../input-error.ts';
import { affordableBatchTokens, freeMemoryBytes } from './batch-tokens.ts';
import { deduplicate } from './deduplicate.ts';
import { encodePair } from './encode-pair.ts';
import type { GenerationRequest, LanguageModel, RequestNotice, RequestOptions } from './language-model.ts';
import { planBatches } from './plan-batches.ts';
import type { ContinuationScore } from './read-predictions.ts';
import { rollingWindows, type Window } from './rolling-windows.ts';
import { scoreTokens } from './score-tokens.ts';
import { scoreTree } from './score-tree.ts';

/** The model, its tokenizer, and how requests are batched and cut. */
export interface Qwen2LanguageModelOptions {
  /** not disposed; owned by the caller */
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly tokenizer: Tokenizer;
  /** padded tokens per forward pass; default what free memory has room for, 4096 at most. Answers do not depend on it. */
  readonly batchTokens?: number | undefined;
  /** tokens the model may see; default config.maxPositionEmbeddings */
  readonly maxLength?: number | undefined;
  /** stands before a text that has nothing before it; default tokenizer.eosTokenId */
  readonly prefixTokenId?: number | undefined;
  /** tokens that end a generation, besides tokenizer.eosTokenId */
  readonly stopTokenIds?: readonly number[] | undefined;
  readonly name?: string | undefined;
}

/** Every text is generated, as no server can fail. */
export interface Qwen2LanguageModel extends LanguageModel {
  /** What the model writes greedily after each prompt. */
  generateUntil(requests: readonly GenerationRequest[], options?: RequestOptions): Promise<string[]>;
}

/** @throws Error when tokenizer and model do not fit each other or a size is not positive */
export function qwen2LanguageModel(options: Qwen2LanguageModelOptions): Qwen2LanguageModel {
  const { params, config, tokenizer } = options;
  const { maxLength = config.maxPositionEmbeddings, prefixTokenId = tokenizer.eosTokenId } = options;
  if (!Number.isInteger(maxLength) || maxLength < 2 || maxLength > config.maxPositionEmbeddings) {
    throw inputError(
      'qwen2LanguageModel',
      `maxLength must be from 2 to the model's ${config.maxPositionEmbeddings} positions, got ${maxLength}.`,
    );
  }
  if (tokenizer.vocabSize > config.vocabSize) {
    throw inputError(
      'qwen2LanguageModel',
      `the model must have a row for each of the tokenizer's ${tokenizer.vocabSize} tokens, got vocabSize ${config.vocabSize}. ` +
        'Are they from the same directory?',
    );
  }
  const { batchTokens = affordableBatchTokens(config, freeMemoryBytes()) } = options;
  planBatches([], batchTokens);
  const notices: RequestNotice[] = [];
  const encode = (text: string): Int32Array => tokenizer.encode(text, { addSpecialTokens: false });

  /** Runs all windows in batches; progress counts windows. */
  const scoreWindows = async (
    windows: readonly Window[],
    { signal, onProgress }: RequestOptions,
  ): Promise<Float64Array> => {
    const logProbs = new Float64Array(windows.length);
    let done = 0;
    for (const batch of planBatches(
      windows.map(({ input }) => input.length),
      batchTokens,
    )) {
      signal?.throwIfAborted();
      const scores = await scoreTokens(
        params,
        config,
        batch.map((index) => windows[index]!),
      );
      for (const [position, index] of batch.entries())
        logProbs[index] = finite(scores[position]!, windows[index]!, tokenizer);
      done += batch.length;
      onProgress?.(done, windows.length);
    }
    return logProbs;
  };

  /** As `scoreWindows`, where what windows begin with alike is read once. */
  const scoreShared = async (
    windows: readonly Window[],
    { signal, onProgress }: RequestOptions,
  ): Promise<ContinuationScore[]> => {
    const scores = await scoreTree(params, config, windows, {
      batchTokens,
      signal,
      onProgress: (done) => onProgress?.(done, windows.length),
    });
    for (const [index, { logProb }] of scores.entries()) finite(logProb, windows[index]!, tokenizer);
    return scores;
  };

  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    notices,

    async loglikelihood(requests, requestOptions = {}) {
      const { distinct, slots } = deduplicate(requests, ({ context, continuation }) =>
        JSON.stringify([context, continuation]),
      );
      const windows: Window[] = [];
      const answers = distinct.map((index) => {
        const { context, continuation } = requests[index]!;
        const pair = encodePair(encode, context, continuation, prefixTokenId);
        const numTokens = pair.continuation.length;
        if (numTokens > maxLength) {
          notices.push(notice('loglikelihood', 'refused', index, numTokens, maxLength, continuation));
          return { window: -1, numTokens };
        }
        const length = pair.context.length + numTokens;
        if (length > maxLength + 1)
          notices.push(notice('loglikelihood', 'truncated', index, length, maxLength + 1, context));
        const whole = new Int32Array(length);
        whole.set(pair.context);
        whole.set(pair.continuation, pair.context.length);
        windows.push({
          input: whole.subarray(Math.max(0, length - maxLength - 1), length - 1),
          targets: pair.continuation,
        });
        return { window: windows.length - 1, numTokens };
      });
      const scores = await scoreShared(windows, requestOptions);
      return slots.map((slot) => {
        const { window, numTokens } = answers[slot]!;
        if (window < 0) return { logProb: Number.NaN, isGreedy: false, numTokens };
        return { ...scores[window]!, numTokens };
      });
    },

    async loglikelihoodRolling(texts, requestOptions = {}) {
      const { distinct, slots } = deduplicate(texts, (text) => text);
      const windows: Window[] = [];
      const answers = distinct.map((index) => {
        const text = texts[index]!;
        const tokens = encode(text);
        if (tokens.length === 0) {
          throw inputError(
            'loglikelihoodRolling',
            `a text must have at least one token, got '${text}' at index ${index}. Drop it.`,
          );
        }
        const first = windows.length;
        windows.push(...rollingWindows(tokens, prefixTokenId, maxLength));
        return { first, end: windows.length, numTokens: tokens.length, numBytes: countBytes(text) };
      });
      const logProbs = await scoreWindows(windows, requestOptions);
      return slots.map((slot) => {
        const { first, end, numTokens, numBytes } = answers[slot]!;
        return { logProb: logProbs.subarray(first, end).reduce((sum, value) => sum + value, 0), numTokens, numBytes };
      });
    },

    async generateUntil(requests, requestOptions = {}) {
      const { signal, onProgress } = requestOptions;
      const key = ({ prompt, until, maxNewTokens }: GenerationRequest) => JSON.stringify([prompt, until, maxNewTokens]);
      const { distinct, slots } = deduplicate(requests, key);
      const prompts = distinct.map((index) => {
        const { prompt, maxNewTokens } = requests[index]!;
        if (!Number.isInteger(maxNewTokens) || maxNewTokens < 1 || maxNewTokens >= maxLength) {
          throw inputError(
            'generateUntil',
            `maxNewTokens must be from 1 to ${maxLength - 1}, one below the model's window, got ${maxNewTokens} at index ${index}.`,
          );
        }
        const ids = prompt === '' ? Int32Array.of(prefixTokenId) : encode(prompt);
        const room = maxLength - maxNewTokens;
        if (ids.length <= room) return ids;
        notices.push(notice('generateUntil', 'truncated', index, ids.length, room, prompt));
        return ids.subarray(ids.length - room);
      });
      const eosTokenIds = [...new Set([tokenizer.eosTokenId, ...(options.stopTokenIds ?? [])])];
      const texts = new Array<string>(distinct.length).fill('');
      let done = 0;
      for (const group of groupByStop(distinct, requests)) {
        const { until, maxNewTokens } = requests[distinct[group[0]!]!]!;
        for (const batch of planBatches(
          group.map((index) => prompts[index]!.length + maxNewTokens),
          batchTokens,
        )) {
          signal?.throwIfAborted();
          await generate({
            params,
            config,
            prompts: batch.map((member) => prompts[group[member]!]!),
            maxNewTokens,
            eosTokenIds,
            temperature: 0,
            text: {
              createDecoder: () => createStreamingDecoder(tokenizer, { skipSpecialTokens: true }),
              stopStrings: until.filter((stop) => stop !== ''),
              onText: (text, position) => {
                texts[group[batch[position]!]!] += text;
              },
            },
            ...(signal ? { signal } : {}),
          });
          done += batch.length;
          onProgress?.(done, distinct.length);
        }
      }
      return slots.map((slot) => texts[slot]!);
    },
  };
}

/** A model with numbers gone bad must not look like one that was merely asked too much. */
function finite(logProb: number, window: Window, tokenizer: Tokenizer): number {
  if (Number.isFinite(logProb)) return logProb;
  const excerpt = tokenizer.decode(window.targets.subarray(0, 20));
  throw inputError(
    'qwen2LanguageModel',
    `the model must give finite log-probabilities, got ${logProb} for '${excerpt}'. Has training diverged? Look at its weights.`,
  );
}

/** Positions in `distinct` that can be generated together: the same stops and length. */
function groupByStop(distinct: readonly number[], requests: readonly GenerationRequest[]): number[][] {
  const groups = Map.groupBy(distinct.keys(), (position) => {
    const { until, maxNewTokens } = requests[distinct[position]!]!;
    return JSON.stringify([until, maxNewTokens]);
  });
  return [...groups.values()];
}

function notice(
  request: RequestNotice['request'],
  kind: RequestNotice['kind'],
  index: number,
  numTokens: number,
  maxTokens: number,
  text: string,
): RequestNotice {
  return { request, kind, index, numTokens, maxTokens, excerpt: text.slice(0, 80) };
}
