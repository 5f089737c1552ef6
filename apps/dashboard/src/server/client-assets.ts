/** The page and what it loads, read once: no path of a request ever names a file. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The page's script and style as text. */
export interface ClientAssets {
  readonly script: string;
  readonly style: string;
}

/** Beside the built server, or from its sources. */
const BUILT = [join(import.meta.dirname, 'client'), join(import.meta.dirname, '..', '..', 'dist', 'client')];

/**
 * Reads the built page.
 *
 * @param directory where the build put `app.js` and `app.css`; default this package's own build
 */
export async function readClientAssets(directory = BUILT.find(existsSync) ?? BUILT[0]!): Promise<ClientAssets> {
  try {
    return {
      script: await readFile(join(directory, 'app.js'), 'utf8'),
      style: await readFile(join(directory, 'app.css'), 'utf8'),
    };
  } catch (error) {
    throw new Error(
      `[@marco-ts/dashboard] readClientAssets: the page must be built, got ${(error as Error).message}. Run \`pnpm build\`.`,
      { cause: error },
    );
  }
}

const ICON =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"%3E%3Cpath d="M2 3c3 9 7 9 12 9" fill="none" stroke="%232b74b8" stroke-width="2.4" stroke-linecap="round"/%3E%3C/svg%3E';

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>marco</title>
<link rel="icon" href='${ICON}'>
<link rel="stylesheet" href="/app.css">
<script type="module" src="/app.js"></script>
</head>
<body><div id="app"></div><noscript>The dashboard needs JavaScript.</noscript></body>
</html>
`;
