/**
 * Several answers to each prompt, from our own model or any other source of text.
 */
import type { ParamMap } from '@marco-ts/core';
import { generate, type Qwen2Config } from '@marco-ts/model';
import type { ChatMessage, Tokenizer } from '@marco-ts/tokenizer';

/** A prompt that answers are wanted to, and what is known about good ones. */
export interface AnswerPrompt {
  /** Ends with a user message. */
  readonly prompt: readonly ChatMessage[];
  /** ISO 639-3 and script that the answer should be in. */
  readonly language: string;
  /** A good answer, such as a person's translation, for judges that compare with one. */
  readonly reference?: string;
}

/**
 * Gives several answers to each prompt.
 *
 * @returns for each prompt its answers; fewer than asked for where the source refused
 */
export type AnswerSampler = (
  prompts: readonly AnswerPrompt[],
  numAnswers: number,
  signal?: AbortSignal,
) => Promise<readonly (readonly string[])[]>;

/** The model that answers, and how it samples. */
export interface ModelSamplerOptions {
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly tokenizer: Tokenizer;
  readonly maxNewTokens: number;
  /** Answers that are generated side by side; default 16. */
  readonly batchSize?: number;
  /** Default 1: answers must differ to be compared. */
  readonly temperature?: number;
  readonly topP?: number;
  /** Ends of an answer; default the tokenizer's `<|im_end|>` and end of text. */
  readonly eosTokenIds?: readonly number[];
  readonly seed: number | string;
}

/** @returns a sampler whose answers depend on the seed and a prompt's place */
export function modelSampler(options: ModelSamplerOptions): AnswerSampler {
  const { params, config, tokenizer, maxNewTokens, batchSize = 16, temperature = 1, topP, seed } = options;
  const endOfTurn = tokenizer.tokenToId('<|im_end|>');
  const { eosTokenIds = [tokenizer.eosTokenId, ...(endOfTurn === undefined ? [] : [endOfTurn])] } = options;
  return async (prompts, numAnswers, signal) => {
    const answers: string[][] = prompts.map(() => []);
    const wanted = prompts.flatMap(({ prompt }, index) => {
      const { ids } = tokenizer.encodeChat([...prompt], { addGenerationPrompt: true });
      // A prompt without room for an answer gets none.
      const hasRoom = ids.length + maxNewTokens <= config.maxPositionEmbeddings;
      return hasRoom ? Array.from({ length: numAnswers }, (_, sample) => ({ index, ids, sample })) : [];
    });
    // One call per sample number, so that the k-th answer to a prompt has a seed of its own.
    for (let sample = 0; sample < numAnswers; sample++) {
      const own = wanted.filter((item) => item.sample === sample);
      for (let start = 0; start < own.length; start += batchSize) {
        const batch = own.slice(start, start + batchSize);
        const generated = await generate({
          params,
          config,
          prompts: batch.map(({ ids }) => ids),
          maxNewTokens,
          eosTokenIds,
          temperature,
          ...(topP === undefined ? {} : { topP }),
          seed: `${seed}/${sample}/${start}`,
          ...(signal === undefined ? {} : { signal }),
        });
        for (const [row, ids] of generated.entries()) answers[batch[row]!.index]!.push(tokenizer.decode(ids).trim());
      }
    }
    return answers;
  };
}
