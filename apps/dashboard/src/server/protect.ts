/**
 * What keeps a page on another site, and a document in a run, from doing anything: only this machine's names as `Host`, no framing, no inline
 * script, nothing loaded from elsewhere, and no way to turn text into markup.
 */
import type { MiddlewareHandler } from 'hono';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** A name that an attacker's DNS made point here arrives as `Host`; it gets nothing. */
export const protect: MiddlewareHandler = async (context, next) => {
  const host = context.req.header('Host') ?? new URL(context.req.url).host;
  if (!LOOPBACK_HOST.test(host)) {
    return context.text(
      'This address answers only on this machine.\n',
      403,
      SECURITY_HEADERS as Record<string, string>,
    );
  }
  if (context.req.header('Sec-Fetch-Site') === 'cross-site' && context.req.header('Sec-Fetch-Mode') !== 'navigate') {
    return context.text('Other sites may not ask here.\n', 403, SECURITY_HEADERS as Record<string, string>);
  }
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.res.headers.set(name, value);
};
