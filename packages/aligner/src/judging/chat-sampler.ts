/** Answers from any chat model, such as a server: as many requests at a time as it takes. */
import type { ChatMessage } from '@marco-ts/tokenizer';
import type { AnswerSampler } from './answer-sampler.ts';

/** How one answer is asked for, and how many at a time. */
export interface ChatSamplerOptions {
  /** One answer to a conversation; must be random for several to differ. `sample` counts the answers to it from 0, for a seed. */
  readonly ask: (
    messages: readonly ChatMessage[],
    options: { readonly sample: number; readonly signal?: AbortSignal | undefined },
  ) => Promise<string>;
  /** Requests at a time; default 4. */
  readonly concurrency?: number;
}

/** @returns a sampler that asks once per answer; the first request that fails ends it with that error */
export function chatSampler({ ask, concurrency = 4 }: ChatSamplerOptions): AnswerSampler {
  return async (prompts, numAnswers, signal) => {
    const answers: string[][] = prompts.map(() => Array<string>(numAnswers).fill(''));
    const requests = prompts
      .flatMap((_, index) => Array.from({ length: numAnswers }, (__, sample) => ({ index, sample })))
      .values();
    const worker = async (): Promise<void> => {
      for (const { index, sample } of requests) {
        signal?.throwIfAborted();
        answers[index]![sample] = (await ask(prompts[index]!.prompt, { sample, signal })).trim();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return answers;
  };
}
