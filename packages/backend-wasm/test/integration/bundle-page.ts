/** Bundles a program of this folder for browsers, as any tfjs program that imports the package would be. */
import { join } from 'node:path';
import { build } from 'esbuild';

/** @param name file of this folder; @returns one ES module that imports nothing */
export async function bundlePage(name: string): Promise<string> {
  const result = await build({
    entryPoints: [join(import.meta.dirname, name)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@marco-ts/source'],
    mainFields: ['module', 'browser', 'main'],
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}
