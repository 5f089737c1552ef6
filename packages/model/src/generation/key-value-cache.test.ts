/** The cache by itself: what it returns is what was put in, written in place where that can be. */
import { initBackend, tf } from '@marco-ts/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyValueCache } from './key-value-cache.ts';

const B = 3;
const K = 2;
const H = 4;
const PROMPT = 5;
const STEPS = 200;

/** Values that tell row, column and element apart. */
function keyValues(rows: readonly number[], columns: readonly number[], sign: number): tf.Tensor4D {
  const values = rows.flatMap((row) =>
    columns.flatMap((column) => Array.from({ length: K * H }, (_, i) => sign * (row * 1e4 + column * 10 + i))),
  );
  return tf.tensor4d(values, [rows.length, columns.length, K, H]);
}

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i);

describe.each([
  { backend: 'cpu', writesInPlace: true },
  { backend: 'cpu', writesInPlace: false },
  { backend: 'wasm', writesInPlace: true },
] as const)('on $backend, in place $writesInPlace', ({ backend, writesInPlace }) => {
  const create = (maxLength: number) => new KeyValueCache({ batchSize: B, maxLength, writesInPlace });
  let numTensors = 0;
  beforeEach(async () => {
    await initBackend({ prefer: [backend] });
    numTensors = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

  /** Adds columns to one layer and returns the visible columns of each row, with how often the tensors were made anew. */
  function fill(cache: KeyValueCache, rows: readonly number[], start: number, end: number) {
    let copies = 0;
    let last: object | undefined;
    let seen: { k: number[][]; v: number[][] } = { k: [], v: [] };
    for (const columns of start === 0
      ? [range(0, PROMPT), ...range(PROMPT, end).map((c) => [c])]
      : range(start, end).map((c) => [c])) {
      tf.tidy(() => {
        // The second row's prompt begins with two columns of padding.
        const segments = rows.flatMap((row) => columns.map((column) => (row === 1 && column < 2 ? -1 : 0)));
        const all = cache.beginStep(Int32Array.from(segments));
        const added = { k_BSKH: keyValues(rows, columns, 1), v_BSKH: keyValues(rows, columns, -1) };
        const { k_BSKH, v_BSKH } = cache.append(0, added);
        const S = k_BSKH.shape[1];
        expect(all).toHaveLength(rows.length * S);
        const visible = (x: tf.Tensor4D) =>
          rows.map((_, i) =>
            [...x.dataSync().subarray(i * S * K * H, (i + 1) * S * K * H)].filter(
              (_, at) => all[i * S + Math.floor(at / (K * H))] === 0,
            ),
          );
        seen = { k: visible(k_BSKH), v: visible(v_BSKH) };
        if (columns.length === 1 && k_BSKH.dataId !== last) copies++;
        last = k_BSKH.dataId;
      });
    }
    return { seen, copies };
  }
  const expected = (rows: readonly number[], end: number, sign: number) =>
    rows.map((row) => {
      const columns = range(row === 1 ? 2 : 0, end);
      return columns.flatMap((column) => range(0, K * H).map((i) => sign * (row * 1e4 + column * 10 + i)));
    });

  test('holds what was put in, and copies it only when the room is used up', () => {
    const cache = create(PROMPT + STEPS);
    const rows = range(0, B);
    const { seen, copies } = fill(cache, rows, 0, PROMPT + STEPS);
    expect(seen).toEqual({ k: expected(rows, PROMPT + STEPS, 1), v: expected(rows, PROMPT + STEPS, -1) });
    if (writesInPlace) expect(copies).toBeLessThan(6);
    else expect(copies).toBe(STEPS);
    cache.close();
  });

  test('goes on with some of the rows', () => {
    const cache = create(PROMPT + STEPS);
    fill(cache, range(0, B), 0, PROMPT + 3);
    cache.selectRows([1, 2]);
    const { seen } = fill(cache, [1, 2], PROMPT + 3, PROMPT + 9);
    expect(seen).toEqual({ k: expected([1, 2], PROMPT + 9, 1), v: expected([1, 2], PROMPT + 9, -1) });
    cache.close();
  });

  test('refuses several tokens per row after the prompts', () => {
    const cache = create(20);
    fill(cache, range(0, B), 0, PROMPT);
    expect(() => cache.beginStep(new Int32Array(2 * B))).toThrow(/must add one token per row, got 2/);
    cache.close();
  });
});
