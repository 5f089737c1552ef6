/**
 * A self-contained page: no script, no network, light and dark, phone to print.
 *
 * The Content-Security-Policy allows nothing but the page's own style block, by its hash.
 */
import { createHash } from 'node:crypto';
import { type Html, html } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';

export function renderPage(title: string, content: Html): string {
  const digest = createHash('sha256').update(PAGE_STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const head = html`<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · marco-ts</title>`;
  const body = html`<body><main>
${content}
</main></body>`;
  // The style is the one text that must not be escaped; it is a constant of this package.
  return `<!doctype html>\n<html lang="en">\n<head>\n${head}\n<style>${PAGE_STYLE}</style>\n</head>\n${body}\n</html>\n`;
}
