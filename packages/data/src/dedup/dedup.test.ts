import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { curateDocuments } from '../curate/curate-documents.ts';
import type { Document } from '../document.ts';
import { createFunnel } from '../filters/create-funnel.ts';
import { createRandomStream } from '../random/create-random-stream.ts';
import { comparableWords, forEachWordNGram } from './comparable-words.ts';
import { exactDedup } from './exact-dedup.ts';
import { createHashTable } from './hash-table.ts';
import { minhashDedup } from './minhash-dedup.ts';
import { createUnionFind } from './union-find.ts';

const document = (id: string, text: string, language = 'eng_Latn'): Document => ({ id, text, language, metadata: {} });

test('exact duplicates are dropped, the first is kept and named', async () => {
  const funnel = createFunnel();
  const drops: string[] = [];
  const kept = await Array.fromAsync(
    exactDedup([document('a', 'x'), document('b', 'y'), document('c', ' x\n'), document('d', 'x')], {
      funnel,
      onDrop: ({ id }, keptId) => drops.push(`${id}=${keptId}`),
    }),
  );
  expect(kept.map(({ id }) => id)).toEqual(['a', 'b']);
  expect(drops).toEqual(['c=a', 'd=a']);
  expect(funnel.toJson()).toMatchObject({ read: 4, kept: 2, droppedByReason: { exact_duplicate: 2 } });
});

test('more documents than fit in memory are refused, with the way that does it on disk', async () => {
  const documents = ['a', 'b', 'c'].map((id) => document(id, `text ${id}`));
  expect((await minhashDedup(documents, { maxDocuments: 3 })).kept).toHaveLength(3);
  await expect(minhashDedup(documents, { maxDocuments: 2 })).rejects.toThrow(
    /minhashDedup: at most 2 documents .* got more at document 3\. .*`marco data run`/,
  );
  const curated = curateDocuments(documents, { groupOf: ({ id }) => id, seed: 1, maxDocuments: 2 });
  await expect(curated).rejects.toThrow(/curateDocuments: at most 2 documents .*`marco data run`/);
});

test('law: exact deduplication keeps the distinct texts in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 3 })), async (texts) => {
      const kept = await Array.fromAsync(
        exactDedup(
          texts.map((text, i) => document(`${i}`, text)),
          { keyOf: ({ text }) => text },
        ),
      );
      expect(kept.map(({ text }) => text)).toEqual([...new Set(texts)]);
    }),
  );
});

test('the hash table agrees with a Map', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(40))), (keys) => {
      const table = createHashTable(1);
      const map = new Map<string, number>();
      for (const [index, [low, high]] of keys.entries()) {
        const known = map.get(`${low}/${high}`);
        expect(table.getOrSet(low, high, index)).toBe(known ?? -1);
        if (known === undefined) map.set(`${low}/${high}`, index);
      }
      expect(table.size).toBe(map.size);
      expect(table.get(99, 99)).toBe(-1);
    }),
  );
});

test('law: union-find gives the smallest member, in whatever order sets are joined', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(30))), fc.integer(), (pairs, seed) => {
      const roots = (joined: readonly (readonly [number, number])[]) => {
        const sets = createUnionFind(31);
        for (const [a, b] of joined) sets.union(a, b);
        return Array.from({ length: 31 }, (_, i) => sets.find(i));
      };
      const random = createRandomStream(seed);
      const shuffled = [...pairs].sort(() => random.next() - 0.5);
      expect(roots(shuffled)).toEqual(roots(pairs));
      for (const [member, root] of roots(pairs).entries()) expect(root).toBeLessThanOrEqual(member);
    }),
  );
});

describe('comparable words', () => {
  test('case, punctuation, diacritics and numbers do not count', () => {
    expect(comparableWords('Élan, ÉLAN: 1948 2024!', 'fra_Latn')).toEqual(['elan', 'elan', '0', '0']);
    expect(comparableWords('人人生而自由', 'cmn_Hans').join('')).toBe('人人生而自由');
  });
  test('short texts give one n-gram', () => {
    const grams: string[] = [];
    forEachWordNGram(['a', 'b'], 5, (gram) => grams.push(gram));
    forEachWordNGram([], 5, (gram) => grams.push(gram));
    expect(grams).toEqual(['a b']);
  });
});

/** Digits would all read as 0. */
const letters = (value: number): string =>
  value.toString(26).replace(/\d/g, (digit) => String.fromCharCode(113 + Number(digit)));

describe('minhash', () => {
  /** Word salad with `share` of the words of a base text replaced, in runs so that 5-grams survive between them. */
  function variant(base: readonly string[], changes: number, seed: string): string {
    const random = createRandomStream(seed);
    const words = [...base];
    for (let i = 0; i < changes; i++) words[random.integer(words.length)] = `changed${letters(random.integer(1e6))}`;
    return words.join(' ');
  }
  const base = Array.from({ length: 400 }, (_, i) => letters(createRandomStream(`b${i}`).integer(1e6)));

  test('near-duplicates fall into one cluster of the first; its size is kept; other languages are left alone', async () => {
    const documents = [
      document(
        'other',
        variant(
          base.map((word) => `${word}x`),
          0,
          'o',
        ),
      ),
      document('first', base.join(' ')),
      document('near', variant(base, 4, 'n')),
      document('nearer', variant(base, 2, 'm')),
      document('far', variant(base, 200, 'f')),
      document('foreign', base.join(' '), 'fra_Latn'),
      document('silent', '!!! ...'),
      document('silent too', '???'),
    ];
    const funnel = createFunnel();
    const { kept, dropped, clusterSizes } = await minhashDedup(documents, { funnel });
    expect(kept.map(({ id }) => id)).toEqual(['other', 'first', 'far', 'foreign', 'silent', 'silent too']);
    expect([...clusterSizes]).toEqual([1, 3, 1, 1, 1, 1]);
    expect(dropped.map(({ document: { id }, keptId }) => `${id}=${keptId}`)).toEqual(['near=first', 'nearer=first']);
    expect(funnel.toJson()).toMatchObject({ read: 8, kept: 6, droppedByReason: { near_duplicate: 2 } });
  });

  test('agreement follows 1 - (1 - s^8)^14 over the Jaccard similarity s', async () => {
    const found = { high: 0, low: 0 };
    const runs = 40;
    for (let i = 0; i < runs; i++) {
      const own = base.map((word) => `${word}${letters(i)}`);
      // 400 words: 2 changes leave about 386 of 406 5-grams (s = 0.95), 100 changes about s = 0.15.
      const high = await minhashDedup([document('a', own.join(' ')), document('b', variant(own, 2, `h${i}`))]);
      const low = await minhashDedup([document('a', own.join(' ')), document('b', variant(own, 100, `l${i}`))]);
      found.high += high.dropped.length;
      found.low += low.dropped.length;
    }
    expect(found).toEqual({ high: runs, low: 0 });
  });

  test('configurations that are no counts are refused', async () => {
    await expect(minhashDedup([], { config: { numBuckets: 0 } })).rejects.toThrow(
      /numBuckets must be a positive integer, got 0/,
    );
  });
});
