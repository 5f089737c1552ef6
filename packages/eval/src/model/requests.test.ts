import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePair } from './encode-pair.ts';
import { planBatches } from './plan-batches.ts';
import { rollingWindows } from './rolling-windows.ts';
import { type TokenNode, tokenTree } from './token-tree.ts';

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

/** What each node holds with all above it, and which sequences end there. */
function pathsOf(
  nodes: readonly TokenNode[],
  above: readonly number[] = [],
): { ids: number[]; ends: readonly number[] }[] {
  return nodes.flatMap(({ depth, ids, ends, children }) => {
    expect(depth).toBe(above.length);
    const path = [...above, ...ids];
    return [{ ids: path, ends }, ...pathsOf(children, path)];
  });
}
const countTokens = (nodes: readonly TokenNode[]): number =>
  nodes.reduce((sum, { ids, children }) => sum + ids.length + countTokens(children), 0);

test('law: every sequence ends in one node of the tree, and is the tokens on the way there', () => {
  const sequence = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 30 });
  const starts = fc.array(sequence, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(starts, fc.array(fc.tuple(fc.nat(2), sequence), { minLength: 1, maxLength: 12 }), (heads, tails) => {
      const sequences = tails.map(([head, tail]) =>
        Int32Array.from([...heads[head % heads.length]!, ...heads[0]!, ...tail]),
      );
      const roots = tokenTree(sequences);
      const ended = pathsOf(roots).flatMap(({ ids, ends }) => ends.map((end) => ({ end, ids })));
      expect(ended.sort((left, right) => left.end - right.end)).toEqual(
        sequences.map((ids, end) => ({ end, ids: [...ids] })),
      );
      expect(countTokens(roots)).toBeLessThanOrEqual(sequences.reduce((sum, { length }) => sum + length, 0));
    }),
  );
});

test('examples, then passages, then questions are read once each; a word in common is not worth a node', () => {
  const run = (first: number, length: number) => Array.from({ length }, (_, index) => first + index);
  const sequences = [1000, 2000].flatMap((passage) =>
    [1, 2].map((question) => Int32Array.from([...run(0, 100), ...run(passage, 50), 7, ...run(10_000 * question, 20)])),
  );
  const roots = tokenTree(sequences);
  expect(countTokens(roots)).toBe(100 + 2 * (50 + 1) + 4 * 20);
  expect(roots[0]!.children.map(({ children }) => children.length)).toEqual([2, 2]);
  expect(tokenTree([Int32Array.of(1, 2, 3), Int32Array.of(1, 2, 4)]).map(({ ids }) => ids.length)).toEqual([3, 3]);
});
