import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWordGrams } from './word-grams.ts';

/** The same counts by strings, as datatrove has them. */
function topByStrings(words: readonly string[], n: number): number {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  const [top = '', most = 0] = [...counts].reduce(
    (best, entry) => (entry[1] > (best[1] ?? 0) ? entry : best),
    [] as unknown as [string, number],
  );
  return [...top].length * most;
}

function repeatedByStrings(words: readonly string[], n: number): number {
  const seen = new Set<string>();
  let characters = 0;
  for (let i = 0; i + n <= words.length; i++) {
    const gram = words.slice(i, i + n).join('');
    if (seen.has(gram)) {
      characters += [...gram].length;
      i += n - 1;
    } else seen.add(gram);
  }
  return characters;
}

test('law: hashes count what strings count, for texts in turn and runs of any length', () => {
  const grams = createWordGrams();
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'aa', 'ab', '𝒳', 'né', ''), { maxLength: 120 }),
      fc.integer({ min: 1, max: 10 }),
      (words, n) => {
        grams.load(words);
        expect(grams.topCharacters(n)).toBe(topByStrings(words, n));
        expect(grams.repeatedCharacters(n)).toBe(repeatedByStrings(words, n));
      },
    ),
    { numRuns: 500 },
  );
});
