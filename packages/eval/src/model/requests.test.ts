import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePair } from './encode-pair.ts';
import { planBatches } from './plan-batches.ts';
import { rollingWindows } from './rolling-windows.ts';

/** A toy tokenizer: a word with the space before it is one token, numbered by its letters. */
const encode = (text: string): Int32Array =>
  Int32Array.from(text.match(/\s*\S+|\s+$/g) ?? [], (word) => 10 + word.length);
const PREFIX = 1;

test('white space at the end of the context goes to the continuation', () => {
  const pair = encodePair(encode, 'one two \n', 'three', PREFIX);
  expect([...pair.context]).toEqual([...encode('one two')]);
  expect([...pair.continuation]).toEqual([...encode(' \nthree')]);
  expect(encodePair(encode, 'one two', ' \nthree', PREFIX)).toEqual(pair);
});

test('an empty or blank context is the prefix token, which is never doubled', () => {
  expect(encodePair(encode, '', 'one two', PREFIX)).toEqual({
    context: Int32Array.of(PREFIX),
    continuation: Int32Array.of(13, 14),
  });
  expect([...encodePair(encode, '  ', 'one', PREFIX).continuation]).toEqual([15]);
  expect(encodePair(encode, '', 'one two', 13)).toEqual({
    context: Int32Array.of(13),
    continuation: Int32Array.of(14),
  });
});

test('a continuation without a token of its own is refused', () => {
  expect(() => encodePair(encode, 'one', '', PREFIX)).toThrow("got '' after 'one'");
  expect(() => encodePair(encode, '', 'one', 13)).toThrow('more than the prefix token');
  // 'one' and 'x' merge into one token.
  expect(() => encodePair(encode, 'one', 'x', PREFIX)).toThrow('merge into the context');
});

test('law: windows predict each token once, from what stands before it, within the model window', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 2, max: 20 }), (length, maxLength) => {
      const tokens = Int32Array.from({ length }, (_, index) => 100 + index);
      const whole = [PREFIX, ...tokens];
      const predicted: number[] = [];
      for (const { input, targets } of rollingWindows(tokens, PREFIX, maxLength)) {
        expect(input.length).toBeLessThanOrEqual(maxLength);
        expect(targets.length).toBeLessThanOrEqual(input.length);
        // The input ends just before the last target, and is a piece of the text.
        const end = whole.indexOf(targets.at(-1)!);
        expect([...input]).toEqual(whole.slice(end - input.length, end));
        predicted.push(...targets);
      }
      expect(predicted).toEqual([...tokens]);
    }),
  );
});

test('the example in the header', () => {
  const windows = rollingWindows(Int32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), 0, 4);
  expect(windows.map(({ input, targets }) => [[...input], [...targets]])).toEqual([
    [
      [0, 1, 2, 3],
      [1, 2, 3, 4],
    ],
    [
      [4, 5, 6, 7],
      [5, 6, 7, 8],
    ],
    [
      [6, 7, 8, 9],
      [9, 10],
    ],
  ]);
});

test('law: batches hold each sequence once, longest first, within the budget', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 })), fc.integer({ min: 1, max: 100 }), (lengths, budget) => {
      const batches = planBatches(lengths, budget);
      expect(batches.flat().sort((left, right) => left - right)).toEqual(lengths.map((_, index) => index));
      const order = batches.flat().map((index) => lengths[index]!);
      expect(order).toEqual(order.toSorted((left, right) => right - left));
      for (const batch of batches) {
        const padded = batch.length * Math.max(...batch.map((index) => lengths[index]!));
        expect(batch.length === 1 || padded <= budget).toBe(true);
      }
    }),
  );
  expect(() => planBatches([1], 0)).toThrow('batchTokens');
});
