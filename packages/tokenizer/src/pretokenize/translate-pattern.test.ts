import { expect, test } from 'vitest';
import { translatePattern } from './translate-pattern.ts';

const find = (pattern: string, text: string) => [...text.matchAll(translatePattern(pattern))].map((match) => match[0]);

test.each([
  ['\\s+', 'a\u0085b\ufeffc d', ['\u0085', ' ']],
  ["(?i:'s|k)", "'S 'ſ K \u212a k's", ["'S", "'ſ", 'K', '\u212a', 'k', "'s"]],
  ['[^\\s\\p{L}]+', 'ab -1!c', ['-1!']],
  ['[a\\-z]', 'a-bz', ['a', '-', 'z']],
  ['[!-/]+', 'a#$/b', ['#$/']],
  ['[]a]+', 'b]a[', [']a']],
  ['\\p{^L}', 'a1b', ['1']],
  ['\\P{N}+', 'a1b', ['a', 'b']],
  ['\\p{Han}+', '中文ab', ['中文']],
  ['x{,2}y', 'xxxy', ['xxy']],
  ['^a', 'a\na', ['a', 'a']],
  ['a$', 'a\nba', ['a', 'a']],
  ['.+', 'a\nb', ['a', 'b']],
  ['\\x{41}|\\u0042|\\x43', 'ABCD', ['A', 'B', 'C']],
  ['(?<=a)b(?!c)', 'abc ab', ['b']],
  ['\\w+', 'naïve_1 ๑ - x²', ['naïve_1', '๑', 'x²']],
  ['\\p{Cf}', 'a\u200db', ['\u200d']],
])('%s in %j', (pattern, text, expected) => expect(find(pattern, text)).toEqual(expected));

test.each([
  ['a++', 'possessive'],
  ['(?>a)', '(?>'],
  ['\\Ga', '\\G'],
  ['[[:alpha:]]', 'POSIX'],
  ['[a&&b]', '&&'],
  ['\\p{NoSuchThing}', '\\p{NoSuchThing}'],
  ['(?i:[a-z])', 'range inside (?i:'],
  ['(?i:ß)', 'ß inside (?i:'],
  ['\\p{Cn}', '\\p{Cn}'],
  ['(a', 'unclosed ('],
  ['a)', 'unopened )'],
  ['[a', 'unclosed character class'],
  ['(?x)a', '(?x'],
  ['a\\', 'trailing backslash'],
])('%s is refused by name', (pattern, what) => {
  expect(() => translatePattern(pattern)).toThrow('[@marco-ts/tokenizer] createTokenizer: the split pattern');
  expect(() => translatePattern(pattern)).toThrow(what);
});
