/**
 * Main text of real web pages, against segments that people marked as belonging to it or not.
 *
 * Source: evaluation pages of trafilatura. Every second page is held out: the container rule was chosen without it. The list of names is older
 * and was made with all pages in view.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { htmlToText } from '../../src/index.ts';
import { decodeHtml } from '../../src/readers/html/decode-html.ts';

const path = join(process.env.MARCO_TEST_DATA ?? '', 'mono/web_noisy/html/trafilatura_pages.jsonl.zst');

interface Page {
  readonly html?: string;
  readonly html_base64?: string;
  readonly must_contain: string[];
  readonly must_not_contain: string[];
}

const flat = (text: string): string => text.replace(/\s+/g, ' ');

function measure(pages: readonly Page[]) {
  let found = 0;
  let missed = 0;
  let extra = 0;
  for (const { html, html_base64, must_contain, must_not_contain } of pages) {
    const text = flat(htmlToText(html ?? decodeHtml(Buffer.from(html_base64 ?? '', 'base64')).text).text);
    const numFound = must_contain.filter((segment) => text.includes(flat(segment))).length;
    found += numFound;
    missed += must_contain.length - numFound;
    extra += must_not_contain.filter((segment) => text.includes(flat(segment))).length;
  }
  return { precision: found / (found + extra), recall: found / (found + missed) };
}

describe.skipIf(!existsSync(path))('real pages', () => {
  test('wanted segments are there, unwanted ones are not, nearly always, on pages that the rules were not made with too', () => {
    const pages: Page[] = zstdDecompressSync(readFileSync(path))
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    expect(pages).toHaveLength(52);
    const seen = measure(pages.filter((_page, index) => index % 2 === 0));
    const heldOut = measure(pages.filter((_page, index) => index % 2 === 1));
    console.log('seen', seen, 'held out', heldOut);
    expect(Math.min(seen.precision, heldOut.precision)).toBeGreaterThan(0.9);
    expect(Math.min(seen.recall, heldOut.recall)).toBeGreaterThan(0.84);
  });
});
