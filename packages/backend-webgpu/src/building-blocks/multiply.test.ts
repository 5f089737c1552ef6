import { expect, test } from 'vitest';
import { chooseTiling, LARGE_TILING, SMALL_TILING } from './multiply.ts';

test.each([
  ['a small result', 256, 256, SMALL_TILING],
  ['one that fills many large tiles', 2048, 1024, LARGE_TILING],
  ['one of too few large tiles', 1024, 1024, SMALL_TILING],
  ['a narrow one', 100_000, 127, SMALL_TILING],
  ['a tall one', 16_384, 128, LARGE_TILING],
])('%s', (_, M, N, tiling) => {
  expect(chooseTiling(M, N)).toBe(tiling);
});
