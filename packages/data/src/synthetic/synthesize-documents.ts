/**
 * Prompts in, documents out: several requests at a time, answers from the cache where there are any, within a budget of tokens, filtered.
 *
 * Documents come in the order of their prompts, whatever order the answers came in.
 */
import type { Document, DocumentSource } from '../document.ts';
import { applyFilters } from '../filters/apply-filters.ts';
import type { Funnel } from '../filters/create-funnel.ts';
import type { DocumentFilter } from '../filters/document-filter.ts';
import { type RequestCache, requestKey } from './request-cache.ts';
import { type GeneratedText, GenerationError, type TextGenerator, type TextRequest } from './text-generator.ts';

/** One prompt and the document that its answer becomes. */
export interface SynthesisPrompt {
  readonly id: string;
  /** That the answer is asked for in. */
  readonly language: string;
  readonly prompt: string;
  readonly system?: string;
  /** Goes into the document. */
  readonly metadata?: Document['metadata'];
}

/** The prompts, who answers them, the budget, and the filters of answers. */
export interface SynthesizeOptions extends Omit<TextRequest, 'messages'> {
  readonly prompts: Iterable<SynthesisPrompt> | AsyncIterable<SynthesisPrompt>;
  readonly generator: TextGenerator;
  readonly cache?: RequestCache;
  /** Requests under way at a time. @default 8 */
  readonly concurrency?: number;
  /** Tokens of prompts and answers that may be paid for; answers of the cache are free. A request that might not fit ends the run. */
  readonly maxTokens?: number;
  /** Failures in a row after which the server is taken to be broken. @default 20 */
  readonly maxFailuresInARow?: number;
  /** @default none */
  readonly filters?: readonly DocumentFilter[];
  /** Counts answers by language, with the reasons of those that were dropped; a failed request is dropped as `request_failed`. */
  readonly funnel?: Funnel;
  /** Told of every answer that a filter drops. */
  readonly onDrop?: (document: Document, reason: string) => void;
  /** Told of every request that has no answer. */
  readonly onFailure?: (prompt: SynthesisPrompt, error: GenerationError) => void;
  /** Told after each answer. */
  readonly onProgress?: (spent: SynthesisCounts) => void;
  readonly signal?: AbortSignal;
}

/** What has been asked, answered and paid for so far. */
export interface SynthesisCounts {
  numPrompts: number;
  numFromCache: number;
  numFailed: number;
  /** Paid for now. */
  numPromptTokens: number;
  numNewTokens: number;
  /** The budget ended the run before the prompts did. */
  isBudgetSpent: boolean;
}

/** What a chat template adds to a request, generously. */
const TEMPLATE_TOKENS = 64;

/**
 * @throws Error for options out of range; GenerationError when the generator can answer nothing at all (wrong key, model or address), or fails
 * too often in a row. What was answered is in the cache.
 */
export function synthesizeDocuments(options: SynthesizeOptions): AsyncIterable<Document> {
  const { concurrency = 8, maxNewTokens, maxTokens } = options;
  for (const [name, value] of Object.entries({ concurrency, maxNewTokens, maxTokens })) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw new Error(
      `[@marco-ts/data] synthesizeDocuments: ${name} must be a whole number from 1, got ${value}. Correct the option.`,
    );
  }
  const { filters = [], funnel, onDrop } = options;
  return applyFilters(answers(options), filters, { ...(funnel && { funnel }), ...(onDrop && { onDrop }) });
}

async function* answers(options: SynthesizeOptions): DocumentSource & AsyncGenerator<Document> {
  const { concurrency = 8, generator, cache, maxTokens = Number.POSITIVE_INFINITY, maxFailuresInARow = 20 } = options;
  const counts: SynthesisCounts = {
    numPrompts: 0,
    numFromCache: 0,
    numFailed: 0,
    numPromptTokens: 0,
    numNewTokens: 0,
    isBudgetSpent: false,
  };
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let numReserved = 0;
  let numFailuresInARow = 0;

  const ask = async (
    prompt: SynthesisPrompt,
    request: TextRequest,
    numTokens: number,
  ): Promise<Document | undefined> => {
    try {
      const key = requestKey(generator.name, request);
      const answer = await generator.generate(request, signal);
      await cache?.set(key, answer);
      counts.numPromptTokens += answer.numPromptTokens;
      counts.numNewTokens += answer.numNewTokens;
      numFailuresInARow = 0;
      return documentOf(prompt, answer, generator.name);
    } catch (error) {
      if (!(error instanceof GenerationError) || error.isHopeless) throw error;
      counts.numFailed++;
      if (++numFailuresInARow >= maxFailuresInARow) throw error;
      options.funnel?.read(prompt.language);
      options.funnel?.dropped(prompt.language, 'request_failed');
      options.onFailure?.(prompt, error);
      return undefined;
    } finally {
      numReserved -= numTokens;
      options.onProgress?.(counts);
    }
  };

  const underWay: Promise<Document | undefined>[] = [];
  try {
    for await (const prompt of options.prompts) {
      signal.throwIfAborted();
      const request = requestOf(prompt, options);
      const cached = cache?.get(requestKey(generator.name, request));
      if (cached !== undefined) {
        counts.numFromCache++;
        underWay.push(Promise.resolve(documentOf(prompt, cached, generator.name)));
      } else {
        const numTokens = mostTokens(request);
        const spent = () => counts.numPromptTokens + counts.numNewTokens + numReserved;
        // Answers under way may turn out shorter than what was set aside for them.
        while (spent() + numTokens > maxTokens && underWay.length > 0) yield* given(await underWay.shift());
        if (spent() + numTokens > maxTokens) {
          counts.isBudgetSpent = true;
          break;
        }
        numReserved += numTokens;
        const asked = ask(prompt, request, numTokens);
        // Awaited in its turn; until then a failure must not count as unhandled.
        asked.catch(() => undefined);
        underWay.push(asked);
      }
      counts.numPrompts++;
      if (underWay.length >= concurrency) yield* given(await underWay.shift());
    }
    while (underWay.length > 0) yield* given(await underWay.shift());
    options.onProgress?.(counts);
  } finally {
    stop.abort(new Error('the answers are no longer wanted'));
    await Promise.allSettled(underWay);
  }
}

function* given(document: Document | undefined): Iterable<Document> {
  if (document !== undefined) yield document;
}

function requestOf({ prompt, system }: SynthesisPrompt, options: SynthesizeOptions): TextRequest {
  const { maxNewTokens, temperature, topP, seed } = options;
  return {
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: prompt },
    ],
    maxNewTokens,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(seed !== undefined && { seed }),
  };
}

/** A byte-level tokenizer never has more tokens than bytes: a budget is kept, not nearly kept. */
function mostTokens({ messages, maxNewTokens }: TextRequest): number {
  const numBytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  return numBytes + TEMPLATE_TOKENS + maxNewTokens;
}

function documentOf(prompt: SynthesisPrompt, answer: GeneratedText, generator: string): Document {
  const { id, language, metadata } = prompt;
  return {
    id,
    text: answer.text.trim(),
    language,
    metadata: {
      ...metadata,
      source: 'synthetic',
      generator,
      prompt: prompt.prompt,
      isCut: answer.finishReason === 'length',
    },
  };
}
