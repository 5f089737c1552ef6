/**
 * Errors of a download, which never hold the access token.
 */
import { fileErrorCode } from '../files/explain-file-error.ts';

export function downloadFault(rule: string, got: string, at: string, nextStep: string): Error {
  return new Error(`[@marco-ts/checkpoint] downloadModel: ${rule}, got ${got} at ${at}. ${nextStep}`);
}

/** @throws without showing it when a token could not be sent as a header */
export function checkToken(token: string | undefined): void {
  if (token === undefined || /^hf_[A-Za-z0-9]{1,200}$/.test(token)) return;
  throw downloadFault(
    'a token must be "hf_" and letters or digits',
    'another text',
    'the options',
    'Copy it again from huggingface.co/settings/tokens.',
  );
}

/** An error of our own with what is wrong with the network, without query strings, which may be signatures. */
export function networkFault(error: unknown, url: string): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const what = cause instanceof Error ? `${cause.message} ${fileErrorCode(cause) ?? ''}`.trim() : String(cause);
  return downloadFault(
    'the Hub must be reachable',
    what,
    withoutQuery(url),
    'Run it again: what has arrived is kept; or use what is in the cache (offline: true, on a command line --offline).',
  );
}

export function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0]!;
}

/** The same error, or, were the token in any text of it, a new one without. */
export function redact(error: unknown, token: string | undefined): unknown {
  if (!token) return error;
  const seen = new Set<unknown>();
  const holdsToken = (value: unknown): boolean => {
    if (typeof value === 'string') return value.includes(token);
    if (typeof value !== 'object' || value === null || seen.has(value)) return false;
    seen.add(value);
    return Object.getOwnPropertyNames(value).some((key) => holdsToken((value as Record<string, unknown>)[key]));
  };
  if (!holdsToken(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Error(message.replaceAll(token, '<token>'));
}
