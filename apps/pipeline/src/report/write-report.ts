/** Writes the three forms of a run's results into its directory, each whole or not at all. */
import { join } from 'node:path';
import { writeFileAtomic } from '@marco-ts/checkpoint';
import { renderHtml } from './render-html.ts';
import { renderMarkdown } from './render-markdown.ts';
import type { RunResults } from './run-results.ts';

export const HTML_REPORT_FILE = 'report.html';
export const MARKDOWN_REPORT_FILE = 'report.md';
export const RESULTS_FILE = 'results.json';

/** @returns the paths written */
export async function writeReport(directory: string, results: RunResults): Promise<string[]> {
  const files = [
    [HTML_REPORT_FILE, renderHtml(results)],
    [MARKDOWN_REPORT_FILE, renderMarkdown(results)],
    [RESULTS_FILE, `${JSON.stringify(results, null, 2)}\n`],
  ] as const;
  for (const [name, contents] of files) await writeFileAtomic(join(directory, name), contents);
  return files.map(([name]) => join(directory, name));
}
