/**
 * Answers prompts with one model, one request after another: what `marco chat` and `marco serve` share.
 *
 * Units: log-probabilities in nats.
 */
import type { ParamMap } from '@marco-ts/core';
import { generate, type Qwen2Config, type SamplingOptions } from '@marco-ts/model';
import { createStreamingDecoder, type Tokenizer } from '@marco-ts/tokenizer';
import { type TokenLogProb, tokenLogProb } from './token-log-probs.ts';

export interface CompletionRequest {
  /** token ids, at least one each */
  readonly prompts: readonly Int32Array[];
  readonly maxNewTokens: number;
  readonly sampling: SamplingOptions;
  readonly stopStrings: readonly string[];
  readonly seed: number;
  /** tell the log-probability of each token and of this many most likely ones beside it */
  readonly numTopLogProbs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** called with each piece of an answer's text as it becomes certain, and with the tokens chosen since the last piece */
  readonly onPiece?: ((piece: CompletionPiece, promptIndex: number) => unknown) | undefined;
}

export interface CompletionPiece {
  readonly text: string;
  readonly logProbs: readonly TokenLogProb[];
}

export interface CompletionAnswer extends CompletionPiece {
  /** `stop` at the end of an answer or a stop string, `length` where `maxNewTokens` cut it */
  readonly finishReason: 'stop' | 'length';
  readonly numNewTokens: number;
}

export interface CompletionEngine {
  /** one answer for each prompt; requests are answered in the order they came */
  complete(request: CompletionRequest): Promise<CompletionAnswer[]>;
  /** runs alone, in its turn: for other uses of the same model */
  inTurn<Result>(task: () => Promise<Result>): Promise<Result>;
}

export interface EngineModel {
  /** not disposed */
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly tokenizer: Tokenizer;
  /** tokens that end an answer */
  readonly eosTokenIds: readonly number[];
}

export function createCompletionEngine(model: EngineModel): CompletionEngine {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = last.then(task);
    last = result.catch(() => undefined);
    return result;
  };
  return {
    inTurn,
    complete: (request) =>
      inTurn(async () => {
        request.signal?.throwIfAborted();
        return answerPrompts(model, request);
      }),
  };
}

async function answerPrompts(model: EngineModel, request: CompletionRequest): Promise<CompletionAnswer[]> {
  const { params, config, tokenizer, eosTokenIds } = model;
  const { prompts, maxNewTokens, numTopLogProbs, onPiece, signal } = request;
  const answers = prompts.map(() => ({ text: '', logProbs: [] as TokenLogProb[], numTold: 0 }));
  const logits: Float32Array[] = [];
  const tell = (index: number, text: string): void => {
    const answer = answers[index]!;
    answer.text += text;
    onPiece?.({ text, logProbs: answer.logProbs.slice(answer.numTold) }, index);
    answer.numTold = answer.logProbs.length;
  };
  const tokens = await generate({
    params,
    config,
    prompts,
    maxNewTokens,
    eosTokenIds,
    seed: request.seed,
    ...request.sampling,
    ...(signal && { signal }),
    ...(numTopLogProbs !== undefined && {
      onLogits: (logits_V: Float32Array, index: number) => void (logits[index] = logits_V.slice()),
      onToken: (token: number, index: number) =>
        void answers[index]!.logProbs.push(tokenLogProb(logits[index]!, token, numTopLogProbs)),
    }),
    text: {
      createDecoder: () => createStreamingDecoder(tokenizer, { skipSpecialTokens: true }),
      stopStrings: request.stopStrings,
      onText: (text, index) => tell(index, text),
    },
  });
  return answers.map(({ text, logProbs, numTold }, index) => {
    if (numTold < logProbs.length) tell(index, '');
    const numNewTokens = tokens[index]!.length;
    // What a stop string cut off is missing from the text, not from the tokens.
    const isCut = tokenizer.decode(tokens[index]!, { skipSpecialTokens: true }).length > text.length;
    return { text, logProbs, numNewTokens, finishReason: numNewTokens < maxNewTokens || isCut ? 'stop' : 'length' };
  });
}
