/** An error as the OpenAI API tells it: a status and a JSON body that clients turn into their own exceptions. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: ContentfulStatusCode;
  readonly code: string | null;
  /** the request's field at fault */
  readonly param: string | null;
  constructor(status: ContentfulStatusCode, message: string, details: { code?: string; param?: string } = {}) {
    super(message);
    this.status = status;
    this.code = details.code ?? null;
    this.param = details.param ?? null;
  }
}

/** @returns the body of the response */
export function apiErrorBody(error: unknown): { error: Record<string, string | null> } {
  if (error instanceof ApiError) {
    const type = error.status === 401 ? 'authentication_error' : 'invalid_request_error';
    return { error: { message: error.message, type, param: error.param, code: error.code } };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { error: { message, type: 'server_error', param: null, code: null } };
}
