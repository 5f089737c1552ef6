/**
 * Bundles the page: one script and one style sheet in dist/client. Usage: node scripts/build-client.mjs [directory]
 */
import { join } from 'node:path';
import { build } from 'esbuild';

const source = join(import.meta.dirname, '..', 'src', 'client');

/** @param {string} directory where `app.js` and `app.css` go */
export async function buildClient(directory) {
  await build({
    entryPoints: [join(source, 'app.ts'), join(source, 'app.css')],
    outdir: directory,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    logLevel: 'warning',
  });
}

if (process.argv[1] === import.meta.filename) {
  await buildClient(process.argv[2] ?? join(import.meta.dirname, '..', 'dist', 'client'));
}
