/**
 * MinHash against exact 5-gram Jaccard similarity on real passages with real near-duplicates.
 *
 * Source: golden/filters/jaccard_5gram_pairs.jsonl (pairs of encyclopedia passages and their exact similarity over white-space words).
 * Tolerance: similarity is measured on other words (datatrove's simplified text), so only clear cases are judged.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Document, minhashDedup } from '../../src/index.ts';

const root = process.env.MARCO_TEST_DATA ?? '';
const CODES: Readonly<Record<string, string>> = {
  bg: 'bul_Cyrl',
  hr: 'hrv_Latn',
  hu: 'hun_Latn',
  it: 'ita_Latn',
  pl: 'pol_Latn',
  pt: 'por_Latn',
  tr: 'tur_Latn',
  vi: 'vie_Latn',
};

const rows = <Row>(path: string): Row[] =>
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe.skipIf(root === '')('real passages', () => {
  test('pairs alike by exact Jaccard are found, pairs that are not are left', async () => {
    const folder = 'mono/exams_wiki_snippets';
    const documents = new Map<string, Document>();
    for (const file of readdirSync(join(root, folder))) {
      for (const { id, text, lang } of rows<{ id: string; text: string; lang: string }>(`${folder}/${file}`)) {
        documents.set(id, { id, text, language: CODES[lang] ?? 'und_Latn', metadata: {} });
      }
    }
    const pairs = rows<{ a: string; b: string; jaccard: number }>('golden/filters/jaccard_5gram_pairs.jsonl').filter(
      ({ a, b }) => documents.has(a) && documents.has(b),
    );
    let alike = 0;
    let found = 0;
    let unlike = 0;
    let wrong = 0;
    for (const { a, b, jaccard } of pairs) {
      const { dropped } = await minhashDedup([documents.get(a)!, documents.get(b)!]);
      if (jaccard >= 0.8) {
        alike++;
        found += dropped.length;
      } else if (jaccard < 0.5) {
        unlike++;
        wrong += dropped.length;
      }
    }
    console.log(
      `pairs ${pairs.length}: similarity >= 0.8: ${found} of ${alike} found; < 0.5: ${wrong} of ${unlike} wrongly joined`,
    );
    expect(pairs.length).toBeGreaterThan(100);
    expect(wrong / unlike).toBeLessThan(0.05);
    if (alike > 0) expect(found / alike).toBeGreaterThan(0.85);
  });
});
