import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashTextInto } from '../random/hash-text.ts';
import { comparableWords } from './comparable-words.ts';
import { createWordHasher } from './word-hashes.ts';

test('law: the hashes are those of the comparable words, met before or not', () => {
  const hasher = createWordHasher();
  const halves = new Uint32Array(2);
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .array(
        fc.constantFrom(
          'Élan,',
          'ÉLAN:',
          '1948-2024',
          'ΛΌΓΟΣ',
          'İstanbul',
          "l'eau",
          '人人生而自由',
          'ภาษาไทย',
          ' ',
          '\u2003',
          '…',
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('fra_Latn', 'ell_Grek', 'cmn_Hans', 'tha_Thai'), (given, language) => {
      const words = comparableWords(given, language);
      const numWords = hasher.load(given, language);
      expect(numWords).toBe(words.length);
      for (const [index, word] of words.entries()) {
        hashTextInto(word, halves);
        expect([hasher.low[index]! >>> 0, hasher.high[index]! >>> 0]).toEqual([...halves]);
      }
    }),
    { numRuns: 300 },
  );
});
