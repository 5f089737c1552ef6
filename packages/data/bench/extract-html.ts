/**
 * Prints how much wanted and unwanted text each extractor keeps of real pages, on the pages that ours was made with and on those it was not.
 *
 * Run: `MARCO_TEST_DATA=<folder> node --conditions=@marco-ts/source bench/extract-html.ts [--pages]`
 * Source: evaluation pages of trafilatura, each with segments that people marked. Precision: wanted segments among all marked segments that
 * are kept; recall: wanted segments that are kept. Every second page is held out from the choice of rules; the list of names in
 * `html-to-text.ts` is older than the halves, see the row without it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { htmlToText } from '../src/index.ts';
import { decodeHtml } from '../src/readers/html/decode-html.ts';

interface Page {
  readonly id: string;
  readonly html?: string;
  readonly html_base64?: string;
  readonly must_contain: readonly string[];
  readonly must_not_contain: readonly string[];
}

const { values } = parseArgs({ options: { pages: { type: 'boolean', default: false }, half: { type: 'string' } } });
const path = join(process.env.MARCO_TEST_DATA ?? '', 'mono/web_noisy/html/trafilatura_pages.jsonl.zst');
const pages = zstdDecompressSync(readFileSync(path))
  .toString()
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Page => JSON.parse(line));

const htmlOf = ({ html, html_base64 }: Page): string =>
  html ?? decodeHtml(Buffer.from(html_base64 ?? '', 'base64')).text;
const flat = (text: string): string => text.replace(/\s+/g, ' ');

const extractors: Record<string, (html: string) => string> = {
  htmlToText: (html) => htmlToText(html).text,
  'htmlToText, no names': (html) => htmlToText(html, { useNames: false }).text,
  '@mozilla/readability': (html) => {
    const { document } = parseHTML(html);
    return new Readability(document).parse()?.textContent ?? '';
  },
  'all text': (html) => parseHTML(html).document.body?.textContent ?? '',
};

const share = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(3));

function row(name: string, extract: (html: string) => string): void {
  const cells: string[] = [];
  let milliseconds = 0;
  for (const half of ['all', 'seen', 'held out']) {
    const chosen = pages.filter((_page, index) => half === 'all' || (index % 2 === 0) === (half === 'seen'));
    let found = 0;
    let missed = 0;
    let extra = 0;
    const start = performance.now();
    for (const page of chosen) {
      const text = flat(extract(htmlOf(page)));
      const own = {
        missed: page.must_contain.filter((segment) => !text.includes(flat(segment))),
        extra: page.must_not_contain.filter((segment) => text.includes(flat(segment))),
      };
      found += page.must_contain.length - own.missed.length;
      missed += own.missed.length;
      extra += own.extra.length;
      if (values.pages && half === values.half && own.missed.length + own.extra.length > 0)
        console.log(name, page.id, own);
    }
    if (half === 'all') milliseconds = (performance.now() - start) / chosen.length;
    const precision = found / (found + extra);
    const recall = found / (found + missed);
    cells.push(
      `${share(found, found + extra)} ${share(found, found + missed)} ${((2 * precision * recall) / (precision + recall)).toFixed(3)}`,
    );
  }
  console.log(`${name.padEnd(22)} | ${cells.join(' | ')} | ${milliseconds.toFixed(1)}`);
}

console.log(
  `${pages.length} pages               | all: P R F1       | seen half         | held-out half     | ms a page`,
);
for (const [name, extract] of Object.entries(extractors)) row(name, extract);
