import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxRepetitionsIn } from './pair-measures.ts';

/** What is meant, said by an engine that tries every length at every place. */
const REPEATED = /(\S.{2,99}?)(?: *\1)+/gu;
function byExpression(text: string): number {
  return Math.max(0, ...[...text.matchAll(REPEATED)].map(([all, unit]) => all.split(unit!).length - 2));
}

const differentCharacters = (count: number): string =>
  String.fromCodePoint(...Array.from({ length: count }, (_, i) => 0x4e00 + i));

test('repetitions are those of the regular expression, whatever white space, line ends and halves of characters there are', () => {
  const character = fc.constantFrom('a', 'b', ' ', 'c', '.', '\n', '😀', '\u3000', '\u2028', '\ud800', '\t');
  const text = fc.string({ unit: character, maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 4 }), (before, unit, copies) => {
      const repeated = before + unit.repeat(copies) + before;
      expect(maxRepetitionsIn(repeated)).toBe(byExpression(repeated));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['a unit of two characters is too short', 'ababx', 0],
  ['three come again', 'abcabc', 1],
  ['spaces between do not count', 'very good  very good very good', 2],
  ['a unit of one hundred characters', differentCharacters(100).repeat(2), 1],
  ['one of one hundred and one is too long', differentCharacters(101).repeat(2), 0],
])('%s', (_, text, expected) => {
  expect(maxRepetitionsIn(text)).toBe(expected);
  expect(byExpression(text)).toBe(expected);
});
