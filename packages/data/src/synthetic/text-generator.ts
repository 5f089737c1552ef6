/**
 * Whatever writes text on request: a server, or a model of our own.
 */

export interface GenerationMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** What is asked, and how an answer is sampled. */
export interface TextRequest {
  readonly messages: readonly GenerationMessage[];
  readonly maxNewTokens: number;
  /** 0 takes the most likely words. @default 1 */
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
}

/** An answer and what it cost. */
export interface GeneratedText {
  readonly text: string;
  /** `length` where `maxNewTokens` cut it */
  readonly finishReason: 'stop' | 'length';
  readonly numPromptTokens: number;
  readonly numNewTokens: number;
}

/** Answers requests; several at a time are allowed. */
export interface TextGenerator {
  /** Part of every cache key: the same request to another model is another request. */
  readonly name: string;
  /** @throws GenerationError; the signal's reason when aborted */
  generate(request: TextRequest, signal?: AbortSignal): Promise<GeneratedText>;
}

/** Why a request has no answer. */
export class GenerationError extends Error {
  override readonly name = 'GenerationError';
  /** No request of this generator can succeed: wrong address, key or model. Otherwise it is this request's own fault, or bad luck. */
  readonly isHopeless: boolean;
  constructor(message: string, isHopeless: boolean, cause?: unknown) {
    super(`[@marco-ts/data] ${message}`, { cause });
    this.isHopeless = isHopeless;
  }
}
