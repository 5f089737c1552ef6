import { expect, test } from 'vitest';
import { answerF1, answerTokens, exactMatch } from './answer-match.ts';
import { choiceAccuracy } from './choice-accuracy.ts';

test('SQuAD rules: case, punctuation, articles and spaces do not count', () => {
  expect(exactMatch(' The  Eiffel-Tower!', ['eiffeltower', 'x'])).toBe(1);
  expect(exactMatch('theatre', ['atre'])).toBe(0);
  expect(answerF1('the big red dog', ['a red dog'])).toBeCloseTo(0.8, 12);
  expect(answerF1('x x y', ['x'])).toBeCloseTo(0.5, 12);
  expect(answerF1('cat', ['dog', 'cat'])).toBe(1);
  expect(answerF1('the', ['a'])).toBe(0);
  expect(answerTokens('«كتاب»، قلم', {})).toEqual(['«كتاب»،', 'قلم']);
});

test('MLQA rules: articles of the language, every punctuation, Chinese by character', () => {
  expect(answerTokens('Der „große“ Hund, éine', { rules: 'mlqa', language: 'deu_Latn' })).toEqual([
    'große',
    'hund',
    'éine',
  ]);
  expect(answerTokens('在2019年，GDP增长', { rules: 'mlqa', language: 'zho_Hans' })).toEqual([
    '在',
    '2019',
    '年',
    'gdp',
    '增',
    '长',
  ]);
  expect(answerTokens('الكتاب', { rules: 'mlqa', language: 'arb_Arab' })).toEqual(['كتاب']);
  expect(() => answerTokens('x', { rules: 'mlqa', language: 'swh_Latn' })).toThrow("Use rules: 'multilingual'");
  expect(() => answerTokens('x', { rules: 'mlqa' })).toThrow('need a language');
});

test('multilingual rules: scripts without spaces by character with their marks', () => {
  const options = { rules: 'multilingual', language: 'tha_Thai' } as const;
  expect(answerTokens('กี่ 12 คน', options)).toEqual(['กี่', '12', 'ค', 'น']);
  expect(answerF1('東京都', ['東京'], { rules: 'multilingual', language: 'jpn_Jpan' })).toBeCloseTo(0.8, 12);
  expect(answerTokens('habari ya asubuhi', { rules: 'multilingual', language: 'swh_Latn' })).toHaveLength(3);
  expect(() => exactMatch('x', [])).toThrow('at least one gold answer');
});

test('choices by log-likelihood, per character and per byte; the first of equals wins', () => {
  const result = choiceAccuracy(['ab', 'abcdefgh', 'ββββ'], [-2, -6, -3.6], 1);
  expect(result).toMatchObject({
    prediction: 0,
    predictionNorm: 1,
    predictionBytes: 2,
    acc: 0,
    accNorm: 1,
    accBytes: 0,
  });
  expect(choiceAccuracy(['a', 'b'], [-1, -1], 0).acc).toBe(1);
  expect(choiceAccuracy(['😀😀', 'abc'], [-2, -2.7], 0).predictionNorm).toBe(1);
});

test('bad choices are refused', () => {
  expect(() => choiceAccuracy(['a'], [-1], 0)).toThrow('two or more choices');
  expect(() => choiceAccuracy(['a', 'b'], [-1], 0)).toThrow('got 2 and 1');
  expect(() => choiceAccuracy(['a', ''], [-1, -2], 0)).toThrow("got '' at index 1");
  expect(() => choiceAccuracy(['a', 'b'], [-1, Number.NaN], 0)).toThrow('got NaN at index 1');
  expect(() => choiceAccuracy(['a', 'b'], [-1, -2], 2)).toThrow('got 2');
});
