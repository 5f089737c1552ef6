import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizeText } from './normalize-text.ts';

const text = (input: string) => normalizeText(input).text;

test('composes letters, drops control characters, collapses white space', () => {
  expect(text('cafe\u0301\u0000 \u00a0\t au\u2003lait\u0007')).toBe('café au lait');
  expect(text('a\r\nb\rc\u2028d\u0085e')).toBe('a\nb\nc\nd\ne');
  expect(text('  a \n\n\n\n b  ')).toBe('a\n\nb');
});

test('keeps joiners where they spell, drops them where they join nothing', () => {
  expect(text('می\u200cخواهم')).toBe('می\u200cخواهم');
  expect(text('ക്\u200d')).toBe('ക്\u200d');
  expect(text('শ্\u200dরী')).toBe('শ্\u200dরী');
  expect(text('word\u200c, \u200dnext')).toBe('word, next');
  expect(text('👩\u200d🚀')).toBe('👩\u200d🚀');
});

test('zero-width spaces stay in scripts without spaces between words only', () => {
  expect(text('ភាសា\u200bខ្មែរ')).toBe('ភាសា\u200bខ្មែរ');
  expect(text('zero\u200bwidth\ufeff')).toBe('zerowidth');
});

test('leaves quotes, dashes and spelling alone', () => {
  const kept = '“Ja” – ’n ʻokina, l’être, «so»…';
  expect(text(kept)).toBe(kept);
});

test('drops lone surrogates and keeps pairs', () => {
  expect(text('a\ud83db \ud83d\ude00 \ude00c')).toBe('ab 😀 c');
});

test('counts characters that a decoder gave up on', () => {
  expect(normalizeText('a\ufffdb\ufffd\ufffd').numReplacementCharacters).toBe(3);
});

test('law: normalising twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (input) => {
      const once = text(input);
      expect(text(once)).toBe(once);
    }),
    { numRuns: 500 },
  );
});
