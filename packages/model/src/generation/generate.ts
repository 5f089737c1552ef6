/**
 * Writes on from prompts, token by token, keeping the keys and values of what was read.
 *
 * Source: `GenerationMixin.generate` in transformers, for its options and for padding on the left.
 * Differs: each prompt draws from its own random stream, so that its answer does not depend on the others in the batch.
 */
import { createRandom, type ParamMap, tf } from '@marco-ts/core';
import { modelError } from '../model-error.ts';
import { requireMemory } from '../qwen2/memory-fit.ts';
import type { Qwen2Config } from '../qwen2/qwen2-config.ts';
import { type AnswerText, type AnswerTextOptions, checkAnswerText, createAnswerText } from './answer-text.ts';
import { KeyValueCache } from './key-value-cache.ts';
import { type NewTokens, nextTokenLogits } from './next-token-logits.ts';
import { nextTurn } from './next-turn.ts';
import { checkSampling, type SamplingOptions, sampleToken } from './sample-token.ts';

/** The model, the prompts, how tokens are chosen, and who is told of them. */
export interface GenerateOptions extends SamplingOptions {
  /** Not disposed. */
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  /** At least one token each. */
  readonly prompts: readonly Int32Array[];
  readonly maxNewTokens: number;
  /** Tokens that end an answer. @default the config's `eosTokenId` */
  readonly eosTokenIds?: readonly number[];
  /** @default 0 */
  readonly seed?: number | string;
  /** Stops between two tokens by throwing its reason. */
  readonly signal?: AbortSignal;
  /**
   * Called with the model's logits [V] for each new token, before options change them and a token is chosen; they are overwritten after the
   * call.
   */
  readonly onLogits?: (logits_V: Float32Array, promptIndex: number) => unknown;
  /** Called with every new token and the index of its prompt, as soon as it is chosen; returning true ends that answer after it. */
  readonly onToken?: (token: number, promptIndex: number) => unknown;
  /** Text of the answers as it comes, and stop strings; an answer keeps the tokens up to the one that completes a stop string. */
  readonly text?: AnswerTextOptions;
  /** Bytes that weights, keys and values and activations may take; when they would take more, an error says at once what would fit. */
  readonly memoryBudgetBytes?: number;
}

interface Row {
  readonly promptIndex: number;
  readonly seen: Set<number>;
  readonly text: AnswerText | undefined;
  position: number;
}

/**
 * @returns for each prompt the new tokens, without the prompt and without the token that ended it
 * @throws for ids past the vocabulary, prompts that are empty or with `maxNewTokens` longer than the context, options out of range
 */
export async function generate(options: GenerateOptions): Promise<Int32Array[]> {
  const { params, config, prompts, maxNewTokens, seed = 0, signal } = options;
  const ends = new Set(options.eosTokenIds ?? (config.eosTokenId === null ? [] : [config.eosTokenId]));
  checkOptions(options);
  if (prompts.length === 0) return [];
  const answers: number[][] = prompts.map(() => []);
  const randoms = prompts.map((_, index) => createRandom(seed).fork(`prompt ${index}`));
  let rows: Row[] = prompts.map((prompt, promptIndex) => ({
    promptIndex,
    seen: new Set(prompt),
    text: options.text && createAnswerText(options.text, promptIndex),
    position: prompt.length,
  }));
  let tokens = padLeft(prompts);
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  // The last new token is never read.
  const cache = new KeyValueCache({ batchSize: prompts.length, maxLength: longest + maxNewTokens - 1 });
  /** @returns whether the answer goes on */
  const take = ({ promptIndex, seen, text }: Row, token: number, isLast: boolean): boolean => {
    if (!ends.has(token)) {
      answers[promptIndex]!.push(token);
      seen.add(token);
      const isEnded = options.onToken?.(token, promptIndex) === true;
      if (text?.push(token)) return false;
      if (!isEnded && !isLast) return true;
    }
    text?.end();
    return false;
  };
  try {
    for (let count = 0; count < maxNewTokens && rows.length > 0; count++) {
      // Lets timers and signal handlers run: on the processor's backends nothing else waits.
      await nextTurn();
      signal?.throwIfAborted();
      const logits_BV = nextTokenLogits(params, config, cache, tokens);
      const logits = (await logits_BV.data()) as Float32Array;
      logits_BV.dispose();

      const chosen = rows.map(({ promptIndex, seen }, row) => {
        const logits_V = logits.subarray(row * config.vocabSize, (row + 1) * config.vocabSize);
        options.onLogits?.(logits_V, promptIndex);
        return sampleToken(logits_V, options, seen, randoms[promptIndex]!);
      });
      const isLast = count + 1 === maxNewTokens;
      const going = [...rows.keys()].filter((i) => take(rows[i]!, chosen[i]!, isLast));
      if (going.length < rows.length && going.length > 0) cache.selectRows(going);
      rows = going.map((i) => rows[i]!);
      tokens = {
        batchSize: rows.length,
        inputIds: Int32Array.from(going, (i) => chosen[i]!),
        positionIds: Int32Array.from(rows, (row) => row.position++),
        segmentIds: new Int32Array(rows.length),
      };
    }
  } finally {
    cache.close();
  }
  return answers.map((answer) => Int32Array.from(answer));
}

/** Rows of one length that end together, so that the next token of every row stands in the same column. */
function padLeft(prompts: readonly Int32Array[]): NewTokens {
  const length = Math.max(...prompts.map((prompt) => prompt.length));
  const size = prompts.length * length;
  const inputIds = new Int32Array(size);
  const positionIds = new Int32Array(size);
  const segmentIds = new Int32Array(size).fill(-1);
  for (const [row, prompt] of prompts.entries()) {
    const start = (row + 1) * length - prompt.length;
    inputIds.set(prompt, start);
    for (let i = 0; i < prompt.length; i++) {
      positionIds[start + i] = i;
      segmentIds[start + i] = 0;
    }
  }
  return { batchSize: prompts.length, inputIds, positionIds, segmentIds };
}

function checkOptions(options: GenerateOptions): void {
  const { config, prompts, maxNewTokens } = options;
  checkSampling('generate', options);
  if (options.text) checkAnswerText('generate', options.text);
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 1) {
    throw modelError(
      'generate',
      `maxNewTokens must be a whole number from 1, got ${maxNewTokens}. Correct the option.`,
    );
  }
  for (const [index, prompt] of prompts.entries()) {
    if (prompt.length === 0)
      throw modelError(
        'generate',
        `a prompt must have at least one token, got none at prompts[${index}]. Begin with the end-of-text token.`,
      );
    if (prompt.length + maxNewTokens > config.maxPositionEmbeddings) {
      throw modelError(
        'generate',
        `prompt and new tokens must fit maxPositionEmbeddings ${config.maxPositionEmbeddings}, got ${prompt.length} + ${maxNewTokens} at prompts[${index}]. Shorten the prompt or maxNewTokens.`,
      );
    }
    const place = prompt.findIndex((id) => !(id >= 0 && id < config.vocabSize));
    if (place >= 0) {
      throw modelError(
        'generate',
        `ids must be from 0 and below vocabSize ${config.vocabSize}, got ${prompt[place]} at prompts[${index}][${place}]. Did you resize the embeddings?`,
      );
    }
  }
  if (options.memoryBudgetBytes !== undefined && prompts.length > 0) {
    requireMemory('generate', config, {
      purpose: 'inference',
      budgetBytes: options.memoryBudgetBytes,
      batchSize: prompts.length,
      sequenceLength: Math.max(...prompts.map((prompt) => prompt.length)) + maxNewTokens,
      fusedKernels: tf.getKernel('MarcoAttention', tf.getBackend()) !== undefined,
    });
  }
}
