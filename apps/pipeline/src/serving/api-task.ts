/** What the two kinds of completion have in common: what to ask the engine, and how to tell its answers. */
import type { Qwen2Config } from '@marco-ts/model';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { ApiError } from './api-error.ts';
import type { CompletionAnswer, CompletionEngine, CompletionPiece, CompletionRequest } from './completion-engine.ts';
import type { ChatModel } from './open-chat-model.ts';

export interface ApiTask {
  readonly model: Pick<ChatModel, 'id' | 'config' | 'params' | 'tokenizer' | 'sampling'>;
  readonly engine: CompletionEngine;
  /** unique to the response */
  readonly id: string;
  /** seconds since 1970 */
  readonly created: number;
  /** for a request that names none */
  readonly seed: number;
}

/** One request on its way: what to generate, and the JSON of each step of the answer. */
export interface AnswerSink {
  readonly request: CompletionRequest;
  /** chunks before the first piece of a stream */
  readonly opening: readonly object[];
  piece(piece: CompletionPiece, index: number): object;
  ending(answer: CompletionAnswer, index: number): object;
  usageChunk(answers: readonly CompletionAnswer[]): object;
  whole(answers: readonly CompletionAnswer[]): Promise<object>;
}

/** @returns how many new tokens fit @throws ApiError when none does */
export function roomFor({ maxPositionEmbeddings }: Qwen2Config, numPromptTokens: number, param: string): number {
  const room = maxPositionEmbeddings - numPromptTokens;
  if (room > 0) return room;
  throw new ApiError(
    400,
    `the prompt has ${numPromptTokens} tokens; with an answer it must fit the model's ${maxPositionEmbeddings}`,
    { code: 'context_length_exceeded', param },
  );
}

/** @param numPromptTokens over all prompts */
export function usage(numPromptTokens: number, answers: readonly CompletionAnswer[]) {
  const numNewTokens = answers.reduce((sum, answer) => sum + answer.numNewTokens, 0);
  return {
    prompt_tokens: numPromptTokens,
    completion_tokens: numNewTokens,
    total_tokens: numPromptTokens + numNewTokens,
  };
}

/** A token by itself as text; bytes that are no character by themselves become U+FFFD. */
export function tokenText(tokenizer: Tokenizer, token: number): string {
  return tokenizer.decode([token]);
}
