/**
 * What a model must answer to be evaluated: three requests, strings in, numbers or strings out.
 *
 * Source: `lm_eval.api.model.LM` of lm-evaluation-harness 0.4.
 * Units: log-probabilities in nats, summed over the tokens of the continuation or text.
 */

export interface LoglikelihoodRequest {
  readonly context: string;
  readonly continuation: string;
}

/** A request without an answer: it counts in no score, and its item is left out with this reason. */
export interface FailedResponse {
  readonly failed: string;
}

/** How likely a continuation is, in nats. */
export interface LoglikelihoodResponse extends Partial<FailedResponse> {
  /** NaN where the request was refused or failed; then a notice names it */
  readonly logProb: number;
  /** every token of the continuation is the most likely one */
  readonly isGreedy: boolean;
  /** tokens of the continuation */
  readonly numTokens: number;
}

/** How likely a whole text is, in nats. */
export interface RollingResponse extends Partial<FailedResponse> {
  /** NaN where the request failed */
  readonly logProb: number;
  readonly numTokens: number;
  /** of the text in UTF-8 */
  readonly numBytes: number;
}

/** A prompt, and where its continuation ends. */
export interface GenerationRequest {
  readonly prompt: string;
  /** the text is cut before the first of these; the end-of-text token always stops */
  readonly until: readonly string[];
  readonly maxNewTokens: number;
}

/** The generated text, or why there is none. */
export type GenerationResponse = string | FailedResponse;

/** How a round of requests is stopped and watched. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** distinct requests answered so far, and their number */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A request that did not fit the model's window, shortened from the left or refused, or one that a server failed to answer. */
export interface RequestNotice {
  readonly request: 'loglikelihood' | 'loglikelihoodRolling' | 'generateUntil';
  readonly kind: 'truncated' | 'refused' | 'failed';
  /** position in the list that was asked */
  readonly index: number;
  /** 0 where they were not counted */
  readonly numTokens: number;
  readonly maxTokens: number;
  /** why a request failed */
  readonly reason?: string;
  /** the start of the text at fault */
  readonly excerpt: string;
}

/** A model that answers evaluation requests, one response for each request and in their order. */
export interface LanguageModel {
  /** for reports */
  readonly name?: string;
  /** Log-probability of each continuation after its context, in nats. */
  loglikelihood(requests: readonly LoglikelihoodRequest[], options?: RequestOptions): Promise<LoglikelihoodResponse[]>;
  /** every token of each text, the first from the prefix token alone */
  loglikelihoodRolling(texts: readonly string[], options?: RequestOptions): Promise<RollingResponse[]>;
  /** What the model writes greedily after each prompt. */
  generateUntil(requests: readonly GenerationRequest[], options?: RequestOptions): Promise<GenerationResponse[]>;
  /** all that did not fit, since the model was made; grows */
  readonly notices?: readonly RequestNotice[];
}
