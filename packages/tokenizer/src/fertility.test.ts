import { expect, test } from 'vitest';
import { smallTokenizer as tokenizer } from '../test/small-tokenizer.ts';
import { fertility } from './fertility.ts';

test('counts tokens, bytes, words and documents', () => {
  const texts = ['two words', 'é'];
  const numTokens = tokenizer.encode(texts[0]!).length + tokenizer.encode(texts[1]!).length;
  expect(fertility(tokenizer, texts)).toEqual({
    numTokens,
    numBytes: 11,
    numWords: 3,
    numDocuments: 2,
    tokensPerWord: numTokens / 3,
    bytesPerToken: 11 / numTokens,
  });
});

test('words without spaces between them', () => {
  expect(fertility(tokenizer, ['ฉันรักคุณ']).numWords).toBe(3);
  expect(fertility(tokenizer, ['我们今天去学校']).numWords).toBeGreaterThan(2);
});

test('nothing in, nothing out', () => {
  expect(fertility(tokenizer, [])).toMatchObject({ numTokens: 0, tokensPerWord: 0, bytesPerToken: 0 });
});

test('special-token text is ordinary text', () => {
  expect(fertility(tokenizer, ['<|im_end|>']).numTokens).toBeGreaterThan(1);
});

test('a text that is no string is refused', () => {
  expect(() => fertility(tokenizer, ['a', 1 as never])).toThrow('fertility: texts[1] must be a string, got number 1');
});
