import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallTokenizer as tokenizer } from '../test/small-tokenizer.ts';
import { createStreamingDecoder } from './streaming-decoder.ts';

test('the pieces together are the decoded text, for any ids', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(tokenizer.vocabSize + 5)), fc.boolean(), (ids, skipSpecialTokens) => {
      const stream = createStreamingDecoder(tokenizer, { skipSpecialTokens });
      const text = ids.map((id) => stream.push(id)).join('') + stream.end();
      expect(text).toBe(tokenizer.decode(ids, { skipSpecialTokens }));
    }),
    { numRuns: 500 },
  );
});

test('a character comes whole', () => {
  const stream = createStreamingDecoder(tokenizer);
  const ids = [...tokenizer.encode('🙂')];
  expect(ids.length).toBeGreaterThan(1);
  expect(ids.map((id) => stream.push(id)).filter((delta) => delta !== '')).toEqual(['🙂']);
  expect(stream.end()).toBe('');
});

test('an unfinished character ends as U+FFFD, and the decoder starts anew', () => {
  const stream = createStreamingDecoder(tokenizer);
  const [first] = tokenizer.encode('🙂');
  expect(stream.push(first!)).toBe('');
  expect(stream.end()).toBe('\ufffd');
  expect(stream.push(tokenizer.encode('a')[0]!)).toBe('a');
});

test('a bad id is refused', () => {
  expect(() => createStreamingDecoder(tokenizer).push(-1)).toThrow('tokenBytes: ids must be whole numbers from 0');
});
