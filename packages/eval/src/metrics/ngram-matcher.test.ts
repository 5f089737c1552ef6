import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNgramMatcher } from './ngram-matcher.ts';

/** Clipped matches counted the plain way, with strings as keys. */
function plainMatches(hypothesis: number[], references: number[][], maxOrder: number): number[] {
  const count = (symbols: number[], order: number): Map<string, number> => {
    const counts = new Map<string, number>();
    for (let start = 0; start + order <= symbols.length; start++) {
      const key = symbols.slice(start, start + order).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  return Array.from({ length: maxOrder }, (_, index) => {
    const limits = references.map((reference) => count(reference, index + 1));
    let matches = 0;
    for (const [key, times] of count(hypothesis, index + 1)) {
      matches += Math.min(times, Math.max(...limits.map((limit) => limit.get(key) ?? 0)));
    }
    return matches;
  });
}

const sequence = fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant(0x10ffff)), { maxLength: 40 });

test('law: matches are those of plain counting, over several uses of one matcher', () => {
  const matcher = createNgramMatcher(4);
  fc.assert(
    fc.property(sequence, fc.array(sequence, { minLength: 1, maxLength: 3 }), (hypothesis, references) => {
      matcher.clear();
      for (const reference of references) matcher.addReference(Int32Array.from(reference), reference.length);
      const out = new Float64Array(6);
      matcher.match(Int32Array.from(hypothesis), hypothesis.length, out, 1);
      expect([...out.subarray(1, 5)]).toEqual(plainMatches(hypothesis, references, 4));
    }),
  );
});

test('a reference larger than the first table', () => {
  const matcher = createNgramMatcher(6);
  const long = Int32Array.from({ length: 20_000 }, (_, index) => (index * index) % 997);
  matcher.addReference(long, long.length);
  const out = new Float64Array(6);
  matcher.match(long, long.length, out, 0);
  expect([...out]).toEqual([20_000, 19_999, 19_998, 19_997, 19_996, 19_995]);
});
