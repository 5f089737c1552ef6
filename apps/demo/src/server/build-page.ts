/**
 * Bundles the page and its worker for browsers, from the sources of the same packages that Node runs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const PAGE = join(import.meta.dirname, '..', 'page');

/** What the server sends, by path. */
export type PageFiles = ReadonlyMap<string, { readonly type: string; readonly text: string }>;

/** @throws what esbuild says of a source that does not bundle */
export async function buildPage(): Promise<PageFiles> {
  const { outputFiles } = await build({
    entryPoints: [join(PAGE, 'page.ts'), join(PAGE, 'worker.ts')],
    outdir: PAGE,
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['@marco-ts/source'],
    mainFields: ['module', 'browser', 'main'],
    logLevel: 'error',
  });
  const script = (name: string) => ({
    type: 'text/javascript',
    text: outputFiles.find(({ path }) => path.endsWith(name))!.text,
  });
  const source = async (name: string, type: string) => ({ type, text: await readFile(join(PAGE, name), 'utf8') });
  return new Map([
    ['/', await source('index.html', 'text/html; charset=utf-8')],
    ['/page.css', await source('page.css', 'text/css')],
    ['/page.js', script('page.js')],
    ['/worker.js', script('worker.js')],
  ]);
}
