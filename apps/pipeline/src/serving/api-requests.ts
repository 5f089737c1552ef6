/**
 * The requests that the server answers: OpenAI's chat completions and completions, with the fields that this model can honour.
 *
 * Source: the OpenAI API reference; `top_k`, `min_p` and `repetition_penalty` are vLLM's names for what OpenAI does not have.
 * Differs: a field that would change the answer and cannot be honoured is refused by name; unknown fields are ignored, as clients send many.
 */
import type { SamplingOptions } from '@marco-ts/model';
import { z } from 'zod';
import { ApiError } from './api-error.ts';

const MAX_TOP_LOG_PROBS = 20;
const MAX_CHOICES = 64;

const count = z.int().positive();
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

const common = {
  model: z.string(),
  n: optional(count.max(MAX_CHOICES)),
  temperature: optional(z.number().min(0).max(2)),
  top_p: optional(z.number().gt(0).max(1)),
  top_k: optional(z.int().min(-1)),
  min_p: optional(z.number().min(0).max(1)),
  repetition_penalty: optional(z.number().positive()),
  seed: optional(z.int()),
  stop: optional(z.union([z.string().min(1), z.array(z.string().min(1)).max(16)])),
  stream: optional(z.boolean()),
  stream_options: optional(z.object({ include_usage: optional(z.boolean()) })),
};

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(textPart).transform((parts) => parts.map(({ text }) => text).join(''))]),
});

export const chatRequestSchema = z.object({
  ...common,
  messages: z.array(message).min(1),
  max_tokens: optional(count),
  max_completion_tokens: optional(count),
  logprobs: optional(z.boolean()),
  top_logprobs: optional(z.int().min(0).max(MAX_TOP_LOG_PROBS)),
});
export type ChatRequest = z.output<typeof chatRequestSchema>;

const tokenIds = z.array(z.int().nonnegative());

export const completionRequestSchema = z.object({
  ...common,
  prompt: z.union([z.string(), z.array(z.string()).min(1), tokenIds.min(1), z.array(tokenIds.min(1)).min(1)]),
  max_tokens: optional(z.int().nonnegative()),
  logprobs: optional(z.int().min(0).max(MAX_TOP_LOG_PROBS)),
  echo: optional(z.boolean()),
});
export type TextRequest = z.output<typeof completionRequestSchema>;

/** Fields that would change the answer, and the value at which they do not. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  tools: isEmpty,
  functions: isEmpty,
  logit_bias: isEmpty,
  audio: isEmpty,
  suffix: isEmpty,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  best_of: (value) => value === 1,
  response_format: (value) => (value as { type?: unknown }).type === 'text',
};

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

/** @throws ApiError 400 naming the field */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  for (const [field, isHarmless] of Object.entries(REFUSED)) {
    const value = given[field];
    if (value === undefined || value === null || isHarmless(value)) continue;
    throw new ApiError(400, `${field} is not supported by this server; leave it out`, { param: field });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue!.path.join('.');
  throw new ApiError(400, `${param === '' ? 'the request' : param}: ${issue!.message}`, { param });
}

/** @param defaults of the model, for what the request leaves out */
export function samplingOptions(request: ChatRequest | TextRequest, defaults: SamplingOptions): SamplingOptions {
  const chosen: Record<keyof SamplingOptions, number | undefined> = {
    temperature: request.temperature,
    topP: request.top_p,
    // vLLM writes -1 for all.
    topK: request.top_k === undefined ? undefined : Math.max(0, request.top_k),
    minP: request.min_p,
    repetitionPenalty: request.repetition_penalty,
  };
  return { ...defaults, ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)) };
}

export function stopStrings({ stop }: ChatRequest | TextRequest): readonly string[] {
  return stop === undefined ? [] : [stop].flat();
}
