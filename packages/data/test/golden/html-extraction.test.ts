/**
 * Main text of real web pages, against segments that people marked as belonging to it or not.
 *
 * Source: evaluation pages of trafilatura. Not an independent figure: the names in the extractor's list were chosen with these pages in view.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { htmlToText } from '../../src/index.ts';

const path = join(process.env.MARCO_TEST_DATA ?? '', 'mono/web_noisy/html/trafilatura_pages.jsonl.zst');

describe.skipIf(!existsSync(path))('real pages', () => {
  test('wanted segments are there, unwanted ones are not, nearly always', () => {
    const pages: { html?: string; html_base64?: string; must_contain: string[]; must_not_contain: string[] }[] =
      zstdDecompressSync(readFileSync(path))
        .toString()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    const flat = (text: string) => text.replace(/\s+/g, ' ');
    const counts = { found: 0, missed: 0, extra: 0, leftOut: 0 };
    let numPages = 0;
    for (const { html, must_contain, must_not_contain } of pages) {
      // One page is not UTF-8: decoding is the reader's work.
      if (html === undefined) continue;
      numPages++;
      const text = flat(htmlToText(html).text);
      for (const segment of must_contain) counts[text.includes(flat(segment)) ? 'found' : 'missed']++;
      for (const segment of must_not_contain) counts[text.includes(flat(segment)) ? 'extra' : 'leftOut']++;
    }
    const precision = counts.found / (counts.found + counts.extra);
    const recall = counts.found / (counts.found + counts.missed);
    console.log(`pages ${numPages}: precision ${precision.toFixed(3)}, recall ${recall.toFixed(3)}`);
    expect(numPages).toBeGreaterThan(40);
    expect(recall).toBeGreaterThan(0.9);
    expect(precision).toBeGreaterThan(0.8);
  });
});
