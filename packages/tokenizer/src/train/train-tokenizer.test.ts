import { describe, expect, test } from 'vitest';
import { SMALL_TEXTS, smallTokenizer } from '../../test/small-tokenizer.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import { trainTokenizer } from './train-tokenizer.ts';

test('special tokens have the last ids', () => {
  expect(smallTokenizer.vocabSize).toBe(480);
  expect([...smallTokenizer.specialTokens]).toEqual([
    ['<|endoftext|>', 477],
    ['<|im_start|>', 478],
    ['<|im_end|>', 479],
  ]);
  expect(smallTokenizer.eosTokenId).toBe(477);
  expect(smallTokenizer.padTokenId).toBe(477);
  expect(smallTokenizer.idToToken(0)).toBe('!');
});

test('the most frequent pair first, then the smaller ids', () => {
  const tokenizer = trainTokenizer(['xyxy xyxy zwzw zwzw'], { vocabSize: 261 });
  expect(tokenizer.idToToken(256)).toBe('xy');
  expect(tokenizer.idToToken(257)).toBe('zw');
});

test('stops where no pair is left', () => {
  const tokenizer = trainTokenizer(['abab abab'], { vocabSize: 5000, specialTokens: ['</s>'] });
  expect(tokenizer.vocabSize).toBeLessThan(265);
  expect(tokenizer.eosTokenId).toBe(tokenizer.vocabSize - 1);
});

test('minFrequency', () => {
  const tokens = (minFrequency: number) => trainTokenizer(['ab ab ab cd'], { vocabSize: 1000, minFrequency }).vocabSize;
  expect(tokens(3)).toBe(256 + 3 + 1); // 'ab'
  expect(tokens(2)).toBe(256 + 3 + 2); // and ' ab'
});

test('no text still gives the bytes', () => {
  const tokenizer = trainTokenizer([], { vocabSize: 259 });
  expect(tokenizer.vocabSize).toBe(259);
  expect(tokenizer.decode(tokenizer.encode('héllo\n'))).toBe('héllo\n');
});

test('the files make the same tokenizer', () => {
  const files = smallTokenizer.files();
  const config = files['tokenizer_config.json']!;
  const fromJson = createTokenizer({ tokenizerJson: files['tokenizer.json']!, tokenizerConfig: config });
  const fromPair = createTokenizer({
    vocabJson: files['vocab.json']!,
    mergesText: files['merges.txt']!,
    tokenizerConfig: config,
  });
  for (const text of SMALL_TEXTS) {
    expect(fromJson.encode(text)).toEqual(smallTokenizer.encode(text));
    expect(fromPair.encode(text)).toEqual(smallTokenizer.encode(text));
  }
  expect(fromJson.files()).toEqual(files);
});

describe('bad options', () => {
  test.each([
    [{ vocabSize: 258 }, 'vocabSize must be a whole number from 259'],
    [{ vocabSize: 300.5 }, 'vocabSize must be a whole number from 259'],
    [{ vocabSize: 300, minFrequency: -1 }, 'minFrequency must be a whole number from 0'],
    [{ vocabSize: 300, maxTokenLength: 0 }, 'maxTokenLength must be a whole number from 2'],
    [{ vocabSize: 300, specialTokens: [] }, 'specialTokens must be distinct texts'],
    [{ vocabSize: 300, specialTokens: ['a', 'a'] }, 'specialTokens must be distinct texts'],
    [{ vocabSize: 300, specialTokens: ['a'] }, 'specialTokens must not be learned tokens'],
  ])('%j', (options, message) => {
    expect(() => trainTokenizer(['a'], options)).toThrow(message);
  });

  test('a text that is no string', () => {
    expect(() => trainTokenizer(['a', null as never], { vocabSize: 300 })).toThrow('got null at texts[1]');
  });
});
