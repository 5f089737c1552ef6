import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SMALL_TEXTS, smallTokenizer } from '../../test/small-tokenizer.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import { extendTokenizer } from './extend-tokenizer.ts';

const greek = Array.from({ length: 3 }, () => 'Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια');
const { tokenizer, newTokens } = extendTokenizer(smallTokenizer, greek, { numNewTokens: 50 });

test('new tokens come after all old ones', () => {
  expect(newTokens.length).toBe(50);
  expect(newTokens.map((token) => token.id)).toEqual(Array.from({ length: 50 }, (_, i) => 480 + i));
  expect(tokenizer.vocabSize).toBe(530);
  expect(tokenizer.encode(greek[0]!).length).toBeLessThan(smallTokenizer.encode(greek[0]!).length);
});

test('no old id moves', () => {
  for (let id = 0; id < smallTokenizer.vocabSize; id++) {
    expect(tokenizer.idToToken(id)).toBe(smallTokenizer.idToToken(id));
    expect(tokenizer.tokenToId(smallTokenizer.idToToken(id)!)).toBe(id);
  }
  expect(tokenizer.specialTokens).toEqual(smallTokenizer.specialTokens);
  expect(tokenizer.eosTokenId).toBe(smallTokenizer.eosTokenId);
});

test('with new tokens taken apart, any text gives its old ids', () => {
  const oldIds = new Map(newTokens.map((token) => [token.id, [...token.oldIds]]));
  const text = fc.array(
    fc.oneof(
      fc.constantFrom(...SMALL_TEXTS, ...greek[0]!.split(' '), ' ', '<|im_end|>'),
      fc.string({ unit: 'binary' }),
    ),
  );
  fc.assert(
    fc.property(text, (parts) => {
      const ids = [...tokenizer.encode(parts.join(''))].flatMap((id) => oldIds.get(id) ?? [id]);
      expect(ids).toEqual([...smallTokenizer.encode(parts.join(''))]);
    }),
  );
});

test('old ids of a new token spell it', () => {
  for (const { id, oldIds } of newTokens) {
    expect(oldIds.length).toBeGreaterThan(1);
    expect(oldIds.every((old) => old < smallTokenizer.vocabSize)).toBe(true);
    expect([...oldIds].flatMap((old) => [...smallTokenizer.tokenBytes(old)])).toEqual([...tokenizer.tokenBytes(id)]);
  }
});

test('the files keep the extension', () => {
  const files = tokenizer.files();
  const again = createTokenizer({
    tokenizerJson: files['tokenizer.json']!,
    tokenizerConfig: files['tokenizer_config.json']!,
  });
  expect(again.encode(greek[0]!)).toEqual(tokenizer.encode(greek[0]!));
  const twice = extendTokenizer(again, ['ababab ababab'], { numNewTokens: 2 });
  expect(twice.newTokens[0]!.id).toBe(530);
});

test('bad options', () => {
  expect(() => extendTokenizer(smallTokenizer, greek, { numNewTokens: 0 })).toThrow(
    'numNewTokens must be a whole number from 1',
  );
  expect(() => extendTokenizer(smallTokenizer, [1 as never], { numNewTokens: 1 })).toThrow('got number 1 at texts[0]');
});
