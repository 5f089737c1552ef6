/**
 * An OpenAI-compatible HTTP server for one model: chat completions, completions with log-probabilities, both streamed or whole.
 *
 * Requests wait for each other: one model answers one at a time. A client that goes away stops its answer.
 */
import { randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { ApiError, apiErrorBody } from './api-error.ts';
import { chatRequestSchema, completionRequestSchema, parseRequest } from './api-requests.ts';
import type { AnswerSink, ApiTask } from './api-task.ts';
import { chatTask } from './chat-completions.ts';
import type { CompletionAnswer, CompletionEngine } from './completion-engine.ts';
import { textTask } from './text-completions.ts';

export interface ApiServerOptions {
  readonly model: ApiTask['model'];
  readonly engine: CompletionEngine;
  /** what clients must send as bearer token; anyone may ask without it */
  readonly apiKey?: string | undefined;
  /** told of each answered request */
  readonly onAnswer?: (line: {
    path: string;
    numPromptTokens: number;
    numNewTokens: number;
    durationMs: number;
  }) => void;
}

const MAX_BODY_BYTES = 2 ** 24;

/** @returns the application; `serve` of @hono/node-server or `app.request` of a test runs it */
export function createApiServer(options: ApiServerOptions): Hono {
  const { model, apiKey } = options;
  const app = new Hono();
  const created = Math.floor(Date.now() / 1000);
  const card = { id: model.id, object: 'model', created, owned_by: 'marco-ts' };

  app.onError((error, context) => context.json(apiErrorBody(error), error instanceof ApiError ? error.status : 500));
  app.notFound((context) =>
    context.json(apiErrorBody(new ApiError(404, `there is nothing at ${context.req.method} ${context.req.path}`)), 404),
  );
  app.get('/health', (context) => context.json({ status: 'ok' }));
  app.use('/v1/*', async (context, next) => {
    if (apiKey !== undefined && !isSame(context.req.header('Authorization') ?? '', `Bearer ${apiKey}`)) {
      throw new ApiError(401, 'a valid API key must be sent as "Authorization: Bearer <key>"', {
        code: 'invalid_api_key',
      });
    }
    await next();
  });
  app.use(
    '/v1/*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new ApiError(413, `a request must have at most ${MAX_BODY_BYTES} bytes`);
      },
    }),
  );
  app.get('/v1/models', (context) => context.json({ object: 'list', data: [card] }));
  app.get('/v1/models/:id{.+}', (context) => {
    requireModel(model.id, context.req.param('id'));
    return context.json(card);
  });
  app.post('/v1/chat/completions', async (context) => {
    const request = parseRequest(chatRequestSchema, await readBody(context));
    requireModel(model.id, request.model);
    return answer(context, options, request, chatTask(request, newTask(options)));
  });
  app.post('/v1/completions', async (context) => {
    const request = parseRequest(completionRequestSchema, await readBody(context));
    requireModel(model.id, request.model);
    return answer(context, options, request, textTask(request, newTask(options)));
  });
  return app;
}

function newTask({ model, engine }: ApiServerOptions): ApiTask {
  return { model, engine, id: randomUUID(), created: Math.floor(Date.now() / 1000), seed: randomInt(2 ** 31) };
}

interface Streaming {
  readonly stream?: boolean | undefined;
  readonly stream_options?: { readonly include_usage?: boolean | undefined } | undefined;
}

async function answer(
  context: Context,
  { engine, onAnswer }: ApiServerOptions,
  { stream: isStreamed, stream_options }: Streaming,
  sink: AnswerSink,
): Promise<Response> {
  const startedAt = performance.now();
  const tell = (answers: readonly CompletionAnswer[]): void =>
    onAnswer?.({
      path: context.req.path,
      numPromptTokens: sink.request.prompts.reduce((sum, { length }) => sum + length, 0),
      numNewTokens: answers.reduce((sum, { numNewTokens }) => sum + numNewTokens, 0),
      durationMs: performance.now() - startedAt,
    });
  if (!isStreamed) {
    const answers =
      sink.request.maxNewTokens === 0
        ? sink.request.prompts.map(emptyAnswer)
        : await engine.complete({ ...sink.request, signal: context.req.raw.signal });
    const body = await sink.whole(answers);
    tell(answers);
    return context.json(body);
  }
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort(new Error('the client went away')));
    // Pieces come from inside a synchronous callback: writes are chained, and awaited at the end.
    let written: Promise<unknown> = Promise.resolve();
    const send = (body: object | string): void => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      written = written.then(() => stream.writeSSE({ data: text }));
    };
    try {
      for (const chunk of sink.opening) send(chunk);
      const answers = await engine.complete({
        ...sink.request,
        signal: gone.signal,
        onPiece: (piece, index) => send(sink.piece(piece, index)),
      });
      for (const [index, one] of answers.entries()) send(sink.ending(one, index));
      if (stream_options?.include_usage) send(sink.usageChunk(answers));
      send('[DONE]');
      tell(answers);
    } catch (error) {
      if (!gone.signal.aborted) send(apiErrorBody(error));
    }
    await written;
  });
}

function emptyAnswer(): CompletionAnswer {
  return { text: '', logProbs: [], finishReason: 'length', numNewTokens: 0 };
}

async function readBody(context: Context): Promise<unknown> {
  const text = await context.req.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `the request must be JSON: ${(error as Error).message}`);
  }
}

function requireModel(served: string, asked: string): void {
  if (asked === served) return;
  throw new ApiError(404, `the model ${JSON.stringify(asked)} is not served here; there is ${JSON.stringify(served)}`, {
    code: 'model_not_found',
    param: 'model',
  });
}

/** Takes as long whatever is wrong in a key. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
