import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SMALL_TEXTS, smallTokenizer as tokenizer } from '../../test/small-tokenizer.ts';
import { createTokenizer } from '../create-tokenizer.ts';
import { QWEN2_SPECIAL_TOKENS } from '../qwen2.ts';
import { normalizeNfc } from './normalize-nfc.ts';

const specials = [...QWEN2_SPECIAL_TOKENS, '<|im_', '|>'];
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...SMALL_TEXTS, ...specials, ' ', '\n\n', 'e\u0301', '\ud83d', '\udc00', '\ufeff'),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const clean = (text: string) => normalizeNfc(text.replace(/\p{Surrogate}/gu, '\ufffd'));

describe('laws', () => {
  test('decode(encode(text)) is the text in form C', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        // a special token parts the text, so that marks after it do not combine with it
        const parts = text.split(/(<\|(?:endoftext|im_start|im_end)\|>)/);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(parts.map(clean).join(''));
        expect(tokenizer.decode(tokenizer.encodeOrdinary(text))).toBe(clean(text));
      }),
      { numRuns: 500 },
    );
  });

  test('offsets are in order and cover the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { ids, offsets } = tokenizer.encodeWithOffsets(text);
        expect(ids).toEqual(tokenizer.encode(text));
        expect(offsets.length).toBe(ids.length * 2);
        let covered = 0;
        for (let i = 0; i < ids.length; i++) {
          expect(offsets[2 * i]).toBeLessThanOrEqual(covered);
          expect(offsets[2 * i + 1]).toBeGreaterThan(offsets[2 * i]!);
          covered = Math.max(covered, offsets[2 * i + 1]!);
        }
        expect(covered).toBe(text.length);
      }),
      { numRuns: 500 },
    );
  });

  test('ordinary encoding gives no special token', () => {
    const ids = new Set(tokenizer.specialTokens.values());
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.encodeOrdinary(text).some((id) => ids.has(id))).toBe(false);
      }),
    );
  });

  test('what was encoded before changes nothing', () => {
    const fresh = createTokenizer({
      tokenizerJson: tokenizer.files()['tokenizer.json']!,
      tokenizerConfig: tokenizer.files()['tokenizer_config.json']!,
    });
    fc.assert(
      fc.property(anyText, (text) => {
        expect(fresh.encode(text)).toEqual(tokenizer.encode(text));
      }),
    );
  });
});

test('lone surrogates are U+FFFD', () => {
  expect(tokenizer.encode('a\ud800b\udc00')).toEqual(tokenizer.encode('a\ufffdb\ufffd'));
});

test('a long text without blanks is taken in one piece', () => {
  const text = 'thequickbrownfox'.repeat(20_000);
  expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
});

test('more different pieces than the cache holds', () => {
  const text = Array.from(
    { length: 100_000 },
    (_, i) => ` ${i.toString(36).replace(/\d/g, (d) => 'qwertyuiop'[Number(d)]!)}`,
  ).join('');
  const ids = tokenizer.encode(text);
  expect(tokenizer.decode(ids)).toBe(text);
  expect(tokenizer.encode(text)).toEqual(ids);
});

test('empty text', () => {
  expect(tokenizer.encode('').length).toBe(0);
  expect(tokenizer.encodeWithOffsets('').offsets.length).toBe(0);
  expect(tokenizer.decode([])).toBe('');
});
