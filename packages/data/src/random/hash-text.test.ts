import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandomStream, shuffleInPlace } from './create-random-stream.ts';
import { hashText, hashTextInto, mixBits } from './hash-text.ts';

test('the hash of a text never changes: files and splits depend on it', () => {
  const out = new Uint32Array(2);
  hashTextInto('Universal Declaration of Human Rights', out);
  expect([...out]).toMatchInlineSnapshot(`
    [
      306344407,
      2526944272,
    ]
  `);
  expect(hashText('')).toMatchInlineSnapshot(`2462723854`);
});

test('a hundred thousand short texts have no collision in 64 bits, and spread evenly', () => {
  const seen = new Set<string>();
  const buckets = new Uint32Array(64);
  const out = new Uint32Array(2);
  for (let i = 0; i < 100_000; i++) {
    hashTextInto(`w${i} x${i % 7}`, out);
    seen.add(`${out[0]}/${out[1]}`);
    buckets[out[0]! & 63]!++;
    buckets[out[1]! >>> 26]!++;
  }
  expect(seen.size).toBe(100_000);
  expect(Math.max(...buckets) / Math.min(...buckets)).toBeLessThan(1.2);
});

test('mixBits is a bijection on a sample', () => {
  const values = new Set(Array.from({ length: 50_000 }, (_, i) => mixBits(i * 2654435761)));
  expect(values.size).toBe(50_000);
});

test('a stream repeats for its seed, differs for another, and is uniform', () => {
  const take = (seed: number | string) => {
    const random = createRandomStream(seed);
    return Array.from({ length: 1000 }, () => random.next());
  };
  expect(take(1)).toEqual(take('1'));
  expect(take(1)).not.toEqual(take(2));
  const mean = take('mean').reduce((a, b) => a + b, 0) / 1000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
});

test('a shuffle keeps every item', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const shuffled = shuffleInPlace([...items], createRandomStream(seed));
      expect([...shuffled].sort()).toEqual([...items].sort());
    }),
  );
});
